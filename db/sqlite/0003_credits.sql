-- Items that were taken back (P23), and what customers ask for.

-- One row an item credit. The newest rows of a meter are its credited list, which the meter box
-- compares with the digest in the meter's record: a row that is missing is noticed.
CREATE TABLE item_credits (
    meter        INTEGER NOT NULL,
    piece_count  INTEGER NOT NULL,
    counter      INTEGER NOT NULL,
    last_day     INTEGER NOT NULL,  -- as in the BLOB: days since 1970
    day          INTEGER NOT NULL,  -- the day of the list after it, in the same form
    journal      INTEGER NOT NULL,  -- journal sequence of the decision
    credit       BLOB NOT NULL,
    PRIMARY KEY (meter, piece_count)
) STRICT;
CREATE INDEX item_credits_by_counter ON item_credits (meter, counter);
CREATE INDEX item_credits_by_day ON item_credits (meter, last_day);

-- What customers ask to have taken back: one row an item, and no authority over anything.
CREATE TABLE void_requests (
    meter        INTEGER NOT NULL,
    piece_count  INTEGER NOT NULL,
    account      BLOB NOT NULL,
    user         BLOB NOT NULL,
    requested    INTEGER NOT NULL,
    state        INTEGER NOT NULL,  -- 1 requested, 2 cancelled, 3 rejected, 4 credited
    changed      INTEGER NOT NULL,
    reason       TEXT NOT NULL,     -- of a rejection
    PRIMARY KEY (meter, piece_count)
) STRICT;
CREATE INDEX void_requests_by_account ON void_requests (account, meter, piece_count);
CREATE INDEX void_requests_open ON void_requests (meter, piece_count) WHERE state = 1;
