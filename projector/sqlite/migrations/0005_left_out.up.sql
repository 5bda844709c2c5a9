-- With an event on the list go the others of its command, and every later one that cannot be applied because of these.
-- `cause` is the position on the list that a row follows from: its own for a listed one; 0 in rows of an earlier release.
ALTER TABLE projection_quarantine ADD COLUMN cause INTEGER NOT NULL DEFAULT 0;

CREATE INDEX idx_projection_quarantine_cause ON projection_quarantine (cause);

-- Where the rows are not what the log says, because events were left out: what decides which later events are.
CREATE TABLE projection_deviations (
  name TEXT PRIMARY KEY NOT NULL,  -- movies/5; a link media_list_movies/1,42; all links of a row movie_genres/5
  kind TEXT NOT NULL CHECK (kind IN ('missing', 'gone', 'stale')),
  cause INTEGER NOT NULL,
  parent TEXT,       -- what it goes with when that is removed
  otherParent TEXT,  -- the same, of a link
  alias TEXT         -- movie_sources.infoHash/..: what others refer to it by, if that is not its id
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_projection_deviations_parent ON projection_deviations (parent);
CREATE INDEX idx_projection_deviations_other ON projection_deviations (otherParent);
CREATE INDEX idx_projection_deviations_alias ON projection_deviations (alias);
