-- An item, the decision that made it and the answer to the key of its order in one row: one page that is
-- appended, and two indexes. `decisions` keeps those that made no items, and those of other boxes.
CREATE TABLE made (
    meter        INTEGER NOT NULL,
    piece_count  INTEGER NOT NULL,
    counter      INTEGER NOT NULL,
    item         BLOB NOT NULL,
    decision     BLOB,     -- with the first item of a decision
    account      BLOB,     -- these five with the first item of an order whose key had no answer before
    key_digest   BLOB,
    body_digest  BLOB,
    request      BLOB,
    pieces       INTEGER,  -- items of that order
    PRIMARY KEY (meter, piece_count)
) STRICT;
CREATE INDEX idempotency_by_item ON idempotency (meter, first_piece);
INSERT INTO made
    SELECT i.meter, i.piece_count, i.counter, i.item, d.decision,
        k.account, k.key_digest, k.body_digest, k.request, k.pieces
    FROM items i
    LEFT JOIN items b ON b.meter = i.meter AND b.piece_count = i.piece_count - 1 AND b.counter = i.counter
    LEFT JOIN decisions d ON b.meter IS NULL AND d.box_kind = 3 AND d.counter = i.counter
        AND d.subject = unhex(printf('%02x%02x%02x%02x%024x',
            i.meter & 255, i.meter >> 8 & 255, i.meter >> 16 & 255, i.meter >> 24 & 255, 0))
    LEFT JOIN idempotency k ON k.rowid = (
        SELECT min(a.rowid) FROM idempotency a WHERE a.meter = i.meter AND a.first_piece = i.piece_count)
    ORDER BY i.meter, i.piece_count;
DELETE FROM decisions WHERE rowid IN (
    SELECT d.rowid FROM made i JOIN decisions d ON d.box_kind = 3 AND d.counter = i.counter
        AND d.subject = unhex(printf('%02x%02x%02x%02x%024x',
            i.meter & 255, i.meter >> 8 & 255, i.meter >> 16 & 255, i.meter >> 24 & 255, 0))
    WHERE i.decision IS NOT NULL);
DROP TABLE idempotency;
DROP TABLE items;
ALTER TABLE made RENAME TO items;
-- No more of a key than tells it from all others, as before.
CREATE UNIQUE INDEX items_by_key ON items (substr(account, 1, 8), substr(key_digest, 1, 16))
    WHERE key_digest IS NOT NULL;
