-- Epochs that the keys box opened after the ceremony, as the root signed them (P3). Public: sealed
-- packages go from the keys box to each box and are never stored. Whoever reads a row checks the
-- signature; a row that is not the root's changes nothing.
CREATE TABLE epochs (
    epoch    INTEGER PRIMARY KEY,  -- decimal YYYYMM
    starts   INTEGER NOT NULL,
    opening  BLOB NOT NULL
) STRICT;
