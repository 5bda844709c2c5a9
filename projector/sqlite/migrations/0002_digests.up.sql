-- What each table of the catalogue holds, as one number that does not depend on the order of rows: kept in the same
-- transaction as the rows, so that two files, or a file and the log, can be compared without comparing rows. A
-- migration empties it; whoever opens the file for writing fills it from the rows.
CREATE TABLE projection_digests (
  tableName TEXT PRIMARY KEY NOT NULL,
  rowCount INTEGER NOT NULL CHECK (rowCount >= 0),
  digest TEXT NOT NULL CHECK (length(digest) = 32 AND digest NOT GLOB '*[^0-9a-f]*')
) STRICT, WITHOUT ROWID;
