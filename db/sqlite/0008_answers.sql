-- Answers to keys, appended in the order in which they were given, and found by an index that holds no
-- more of a key than tells it from all others: 16 bytes of its SHA-256, among accounts told apart by 8
-- bytes of theirs. Keys come in no order, so each writes a page that nothing else touches; the less of
-- it is in the tree, the seldomer that page is split, and the fewer are read on the way to it.
CREATE TABLE answers (
    account      BLOB NOT NULL,
    key_digest   BLOB NOT NULL,
    body_digest  BLOB NOT NULL,
    request      BLOB NOT NULL,
    meter        INTEGER NOT NULL,
    counter      INTEGER NOT NULL,
    first_piece  INTEGER NOT NULL,
    pieces       INTEGER NOT NULL
) STRICT;
INSERT INTO answers SELECT account, key_digest, body_digest, request, meter, counter, first_piece, pieces
    FROM idempotency ORDER BY meter, first_piece;
DROP TABLE idempotency;
ALTER TABLE answers RENAME TO idempotency;
CREATE UNIQUE INDEX idempotency_by_key ON idempotency (substr(account, 1, 8), substr(key_digest, 1, 16));
