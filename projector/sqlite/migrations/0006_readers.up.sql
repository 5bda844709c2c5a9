-- What readers ask most: an index for each question that read a whole table, and views for the joins that everyone
-- writes. A view asked about one row reads that row and what belongs to it; none of them shows a secret.
PRAGMA application_id = 1129598023;  -- "CTLG", by which file(1) and others tell a read model

CREATE INDEX idx_movie_imdb ON movies (imdbId);
CREATE INDEX idx_movie_rating ON movies (rating DESC);
CREATE INDEX idx_movie_created ON movies (createdAt);
CREATE INDEX idx_source_movie_score ON movie_sources (movieId, score DESC);
CREATE INDEX idx_token_expires ON refresh_tokens (expiresAt);
CREATE INDEX idx_audit_action_created ON audit_logs (action, createdAt);
CREATE INDEX idx_audit_severity_created ON audit_logs (severity, createdAt);
CREATE INDEX idx_list_name ON media_lists (name);

CREATE VIEW movies_with_genres AS
SELECT m.*, coalesce((SELECT group_concat(name, ', ') FROM (SELECT g.name FROM movie_genres l
    JOIN genres g ON g.id = l.genreId WHERE l.movieId = m.id ORDER BY g.name, g.id)), '') AS genres
FROM movies m;

CREATE VIEW tv_shows_with_counts AS
SELECT t.*, (SELECT count(*) FROM seasons s WHERE s.tvShowId = t.id) AS seasons,
  (SELECT count(*) FROM seasons s JOIN episodes e ON e.seasonId = s.id WHERE s.tvShowId = t.id) AS episodes
FROM tv_shows t;

-- Of each movie that can be played (somebody seeds it), the source with the highest score, the oldest among equals.
CREATE VIEW best_sources AS
SELECT s.*, m.tmdbId AS movieTmdbId, m.title AS movieTitle, m.popularity AS moviePopularity
FROM movie_sources s JOIN movies m ON m.id = s.movieId
WHERE s.seeds > 0 AND s.id = (SELECT b.id FROM movie_sources b WHERE b.movieId = s.movieId AND b.seeds > 0
  ORDER BY b.score DESC, b.id LIMIT 1);

-- A row for each title on a list; kind is 'movie' or 'show'.
CREATE VIEW lists_with_titles AS
SELECT l.id, l.name, l.isPublic, 'movie' AS kind, m.id AS titleId, m.tmdbId, m.title, m.releaseDate, m.popularity
FROM media_lists l JOIN media_list_movies x ON x.mediaListId = l.id JOIN movies m ON m.id = x.movieId
UNION ALL
SELECT l.id, l.name, l.isPublic, 'show', t.id, t.tmdbId, t.name, t.firstAirDate, t.popularity
FROM media_lists l JOIN media_list_tv_shows x ON x.mediaListId = l.id JOIN tv_shows t ON t.id = x.tvShowId;

-- Without passwordHash, and of tokens and the Trakt link only that they are there. The audit row with the greatest id
-- is the latest: ids and times are given in the order of events.
CREATE VIEW users_without_secrets AS
SELECT u.id, u.username, u.role, u.isActive, u.createdAt, u.updatedAt,
  (SELECT count(*) FROM refresh_tokens r WHERE r.userId = u.id) AS tokens,
  (SELECT t.username FROM trakt_users t WHERE t.userId = u.id) AS traktUsername,
  (SELECT a.createdAt FROM audit_logs a WHERE a.userId = u.id ORDER BY a.id DESC LIMIT 1) AS lastAuditedAt
FROM users u;
