-- The customer's own books: what items are booked under. Names live here only, never inside a signed
-- record: they stay erasable. Item records carry the numbers.

-- Departments (kind 1) and end customers (kind 2) of an account.
CREATE TABLE headings (
    account      BLOB NOT NULL,
    kind         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    name         TEXT NOT NULL,
    cost_code    TEXT NOT NULL,    -- empty for none
    archived     INTEGER NOT NULL,
    key_digest   BLOB NOT NULL,    -- of the request that made it
    body_digest  BLOB NOT NULL,    -- zero once it was changed: the digest of an erased name goes with it
    PRIMARY KEY (account, kind, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX headings_by_key ON headings (account, kind, key_digest);

-- Limits of users (kind 1) and departments (kind 2), and what was spent since the month in which they were
-- set. Written together with the items that spend; `indicia audit` compares them with the item records.
CREATE TABLE spending_limits (
    account       BLOB NOT NULL,
    kind          INTEGER NOT NULL,
    who           BLOB NOT NULL,
    day_mills     INTEGER,           -- NULL for none
    month_mills   INTEGER,           -- NULL for none
    counted_from  INTEGER NOT NULL,  -- day from which `spending` is complete, YYYYMMDD
    PRIMARY KEY (account, kind, who)
) STRICT, WITHOUT ROWID;

CREATE TABLE spending (
    account  BLOB NOT NULL,
    kind     INTEGER NOT NULL,
    who      BLOB NOT NULL,
    day      INTEGER NOT NULL,
    mills    INTEGER NOT NULL,
    PRIMARY KEY (account, kind, who, day)
) STRICT, WITHOUT ROWID;

-- Held by orders that a box is being asked for. A row goes with the items of its request, by release, or
-- when it is old and nothing came of it.
CREATE TABLE holds (
    account     BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    who         BLOB NOT NULL,
    request     BLOB NOT NULL,
    mills       INTEGER NOT NULL,
    takers      INTEGER NOT NULL,  -- calls with this request that are under way
    meter       INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    PRIMARY KEY (account, kind, who, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_request ON holds (account, request);
CREATE INDEX holds_by_age ON holds (held);

-- What moved a meter's balance without an item, for statements.
CREATE INDEX evidence_by_subject ON evidence (box_kind, subject, counter);
