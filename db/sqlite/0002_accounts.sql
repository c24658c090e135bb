-- Keys by which programs of a user sign on. Names of keys live in api_keys only: never inside a signed
-- record, they must stay erasable. Of a key's secret nothing is here but the digest in its record.

CREATE TABLE api_keys (
    key          BLOB PRIMARY KEY,
    account      BLOB NOT NULL,
    user         BLOB NOT NULL,
    name         TEXT NOT NULL,
    body_digest  BLOB NOT NULL,
    created      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_account ON api_keys (account, key);

CREATE TABLE api_key_records (
    key      BLOB PRIMARY KEY,
    account  BLOB NOT NULL,
    counter  INTEGER NOT NULL,
    record   BLOB NOT NULL
) STRICT;
