-- Applications for licences. The application and the refusal are signed; names and addresses are in
-- `details` alone, whose digest is signed: set it to NULL to erase them.
CREATE TABLE agreements (
    digest  BLOB PRIMARY KEY,
    text    BLOB NOT NULL
) STRICT;

CREATE TABLE licences (
    digest       BLOB PRIMARY KEY,  -- of the signed application
    account      BLOB NOT NULL,
    meter        INTEGER NOT NULL,
    application  BLOB NOT NULL,
    details      BLOB,              -- NULL once erased
    refusal      BLOB,              -- of operators; NULL while there is none
    act          BLOB               -- digest of the act that licensed the meter; NULL before
) STRICT;
CREATE INDEX licences_by_account ON licences (account, digest);
CREATE INDEX licences_open ON licences (digest) WHERE refusal IS NULL AND act IS NULL;
