-- Daily totals for the post: sheets as a reporter signed them, each naming the one before it.
CREATE TABLE daily_totals (
    sequence  INTEGER PRIMARY KEY,
    day       INTEGER NOT NULL,  -- decimal YYYYMMDD
    sheet     BLOB NOT NULL
) STRICT;
