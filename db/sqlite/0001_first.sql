-- The first schema. The BLOBs are the truth; every other column is a copy for search, written
-- together with its BLOB and never read for a decision. `indicia audit` compares each with its BLOB.
-- Integers are 64-bit; ids and digests are BLOBs; times are milliseconds since 1970 UTC.
-- WITHOUT ROWID only where rows stay small: wide rows would fill the inner pages of the tree.

-- A sign-up before its boxes have answered, so that recovery can finish it; also of a user whom a
-- manager adds to an account. Names live here only: never inside a signed record, they must stay
-- erasable.
CREATE TABLE signups (
    user          BLOB PRIMARY KEY,
    account       BLOB NOT NULL,
    login         TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    body_digest   BLOB NOT NULL,
    created       INTEGER NOT NULL,
    finished      INTEGER NOT NULL  -- 1 once the account's chain exists, and with it this user
) STRICT, WITHOUT ROWID;
CREATE INDEX signups_open ON signups (created, user) WHERE finished = 0;

CREATE TABLE users (
    user     BLOB PRIMARY KEY,
    account  BLOB NOT NULL,
    counter  INTEGER NOT NULL,
    record   BLOB NOT NULL
) STRICT;
CREATE INDEX users_by_account ON users (account, user);

CREATE TABLE meters (
    serial         INTEGER PRIMARY KEY,
    account        BLOB NOT NULL,
    counter        INTEGER NOT NULL,
    state          INTEGER NOT NULL,
    balance_mills  INTEGER NOT NULL,
    record         BLOB NOT NULL
) STRICT;
CREATE INDEX meters_by_account ON meters (account, serial);

CREATE TABLE chains (
    account  BLOB PRIMARY KEY,
    counter  INTEGER NOT NULL,
    record   BLOB NOT NULL
) STRICT;

CREATE TABLE chain_entries (
    account   BLOB NOT NULL,
    sequence  INTEGER NOT NULL,
    event     INTEGER NOT NULL,
    recorded  INTEGER NOT NULL,
    entry     BLOB NOT NULL,
    PRIMARY KEY (account, sequence)
) STRICT;

-- Signed decisions of all boxes.
CREATE TABLE decisions (
    box_kind  INTEGER NOT NULL,
    subject   BLOB NOT NULL,
    counter   INTEGER NOT NULL,
    request   BLOB NOT NULL,
    decision  BLOB NOT NULL,
    PRIMARY KEY (box_kind, subject, counter)
) STRICT;
-- Only the transaction box (4) is asked again under a request that names what it chains.
CREATE INDEX decisions_by_request ON decisions (request) WHERE box_kind = 4;

CREATE TABLE items (
    meter        INTEGER NOT NULL,
    piece_count  INTEGER NOT NULL,
    counter      INTEGER NOT NULL,
    item         BLOB NOT NULL,
    PRIMARY KEY (meter, piece_count)
) STRICT;

-- Answers to keys: items first_piece .. first_piece + pieces - 1 of the meter.
CREATE TABLE idempotency (
    account      BLOB NOT NULL,
    key_digest   BLOB NOT NULL,
    body_digest  BLOB NOT NULL,
    request      BLOB NOT NULL,
    meter        INTEGER NOT NULL,
    counter      INTEGER NOT NULL,
    first_piece  INTEGER NOT NULL,
    pieces       INTEGER NOT NULL,
    PRIMARY KEY (account, key_digest)
) STRICT, WITHOUT ROWID;

-- Acts, credit evidence and receipts as they were shown to a box, by their digest.
CREATE TABLE evidence (
    digest    BLOB PRIMARY KEY,
    box_kind  INTEGER NOT NULL,
    subject   BLOB NOT NULL,
    counter   INTEGER NOT NULL,
    evidence  BLOB NOT NULL
) STRICT;

-- Acceptance scans: the post's. The first scan of an item wins.
CREATE TABLE scans (
    verifier     BLOB NOT NULL,
    sequence     INTEGER NOT NULL,
    meter        INTEGER NOT NULL,
    piece_count  INTEGER NOT NULL,
    first        INTEGER NOT NULL,
    received     INTEGER NOT NULL,
    key_digest   BLOB NOT NULL,
    scan         BLOB NOT NULL,
    PRIMARY KEY (verifier, sequence)
) STRICT;
CREATE UNIQUE INDEX scans_first ON scans (meter, piece_count) WHERE first = 1;
CREATE UNIQUE INDEX scans_by_key ON scans (verifier, key_digest);

CREATE TABLE packs (
    sequence  INTEGER PRIMARY KEY,
    pack      BLOB NOT NULL
) STRICT;

-- What boxes and servers noticed. Limited per subject and minute by the writer.
CREATE TABLE alerts (
    id        INTEGER PRIMARY KEY,
    raised    INTEGER NOT NULL,
    box_kind  INTEGER NOT NULL,
    subject   BLOB NOT NULL,
    code      TEXT NOT NULL,
    detail    TEXT NOT NULL,
    evidence  BLOB NOT NULL
) STRICT;
