-- What these tables refuse is what the rules refuse, for every text: a title that looks blank, a day that the calendar
-- has not (without SQLite's date(), which takes 0300-03-01 for 0300-02-29), a magnet that does not begin with the topic
-- of its info hash. The list in char() is that of events/text/blank.cpp; 45 is the '-' between the ends of a range.
-- SQLite cannot change a CHECK, so each table is made anew.

-- First, what older rules let in gets the form in which it is projected now (ColumnReader).
CREATE TEMP TABLE shown (pattern TEXT);
INSERT INTO shown VALUES ('*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*');
UPDATE movies SET title = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(title))
    SELECT group_concat(printf('U+%04X', unicode(substr(title, i, 1))), ' ') FROM at)
  WHERE title NOT GLOB (SELECT pattern FROM shown);
UPDATE tv_shows SET name = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(name))
    SELECT group_concat(printf('U+%04X', unicode(substr(name, i, 1))), ' ') FROM at)
  WHERE name NOT GLOB (SELECT pattern FROM shown);
UPDATE seasons SET name = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(name))
    SELECT group_concat(printf('U+%04X', unicode(substr(name, i, 1))), ' ') FROM at)
  WHERE name NOT GLOB (SELECT pattern FROM shown);
UPDATE episodes SET name = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(name))
    SELECT group_concat(printf('U+%04X', unicode(substr(name, i, 1))), ' ') FROM at)
  WHERE name NOT GLOB (SELECT pattern FROM shown);
UPDATE movie_sources SET title = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(title))
    SELECT group_concat(printf('U+%04X', unicode(substr(title, i, 1))), ' ') FROM at)
  WHERE title NOT GLOB (SELECT pattern FROM shown);
UPDATE users SET username = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(username))
    SELECT group_concat(printf('U+%04X', unicode(substr(username, i, 1))), ' ') FROM at)
  WHERE username NOT GLOB (SELECT pattern FROM shown);
UPDATE trakt_users SET username = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(username))
    SELECT group_concat(printf('U+%04X', unicode(substr(username, i, 1))), ' ') FROM at)
  WHERE username NOT GLOB (SELECT pattern FROM shown);
UPDATE media_lists SET name = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(name))
    SELECT group_concat(printf('U+%04X', unicode(substr(name, i, 1))), ' ') FROM at)
  WHERE name NOT GLOB (SELECT pattern FROM shown);
UPDATE genres SET name = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(name))
    SELECT group_concat(printf('U+%04X', unicode(substr(name, i, 1))), ' ') FROM at)
  WHERE name NOT GLOB (SELECT pattern FROM shown);
UPDATE sync_states SET key = (
    WITH RECURSIVE at (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length(key))
    SELECT group_concat(printf('U+%04X', unicode(substr(key, i, 1))), ' ') FROM at)
  WHERE key NOT GLOB (SELECT pattern FROM shown);
DROP TABLE temp.shown;
UPDATE movie_sources SET magnetUri = 'magnet:?xt=urn:' || iif(length(infoHash) = 40, 'btih:', 'btmh:1220') || infoHash
    || '&' || substr(magnetUri, 9)
  WHERE NOT CASE length(infoHash)
    WHEN 40 THEN magnetUri GLOB 'magnet:[?]xt=urn:btih:*' AND lower(substr(magnetUri, 21, 40)) = infoHash
      AND substr(magnetUri, 61, 1) IN ('', '&')
    ELSE magnetUri GLOB 'magnet:[?]xt=urn:btmh:1220*' AND lower(substr(magnetUri, 25, 64)) = infoHash
      AND substr(magnetUri, 89, 1) IN ('', '&') END;

CREATE TABLE new_movies (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  tmdbId INTEGER NOT NULL CHECK (tmdbId >= 1),
  title TEXT NOT NULL CHECK (title GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  overview TEXT NOT NULL,
  releaseDate TEXT NOT NULL CHECK (releaseDate = '' OR (releaseDate GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'
    AND substr(releaseDate, 6, 2) BETWEEN '01' AND '12' AND substr(releaseDate, 9) BETWEEN '01' AND
      CASE substr(releaseDate, 6, 2) WHEN '04' THEN '30' WHEN '06' THEN '30' WHEN '09' THEN '30' WHEN '11' THEN '30'
        WHEN '02' THEN iif(substr(releaseDate, 1, 4) % 4 = 0 AND (substr(releaseDate, 3, 2) <> '00'
          OR substr(releaseDate, 1, 2) % 4 = 0), '29', '28')
        ELSE '31' END)),
  poster TEXT NOT NULL,
  backdrop TEXT NOT NULL,
  imdbId TEXT,
  runtime INTEGER CHECK (runtime >= 0),
  budget INTEGER CHECK (budget >= 0),
  revenue INTEGER CHECK (revenue >= 0),
  popularity REAL NOT NULL DEFAULT 0 CHECK (popularity BETWEEN 0 AND 1.7976931348623157e308),
  rating REAL NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 1.7976931348623157e308),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_movies SELECT * FROM movies;
DROP TABLE movies;
ALTER TABLE new_movies RENAME TO movies;
CREATE INDEX idx_movie_id ON movies (id);
CREATE UNIQUE INDEX idx_movie_tmdb ON movies (tmdbId);
CREATE INDEX idx_movie_popularity ON movies (popularity DESC);

CREATE TABLE new_tv_shows (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  tmdbId INTEGER NOT NULL CHECK (tmdbId >= 1),
  name TEXT NOT NULL CHECK (name GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  overview TEXT NOT NULL,
  firstAirDate TEXT NOT NULL CHECK (firstAirDate = '' OR (firstAirDate GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'
    AND substr(firstAirDate, 6, 2) BETWEEN '01' AND '12' AND substr(firstAirDate, 9) BETWEEN '01' AND
      CASE substr(firstAirDate, 6, 2) WHEN '04' THEN '30' WHEN '06' THEN '30' WHEN '09' THEN '30' WHEN '11' THEN '30'
        WHEN '02' THEN iif(substr(firstAirDate, 1, 4) % 4 = 0 AND (substr(firstAirDate, 3, 2) <> '00'
          OR substr(firstAirDate, 1, 2) % 4 = 0), '29', '28')
        ELSE '31' END)),
  poster TEXT NOT NULL,
  backdrop TEXT NOT NULL,
  imdbId TEXT,
  status TEXT NOT NULL,
  tagline TEXT NOT NULL,
  type TEXT NOT NULL,
  inProduction INTEGER NOT NULL CHECK (inProduction IN (0, 1)),
  episodeRunTime TEXT NOT NULL DEFAULT '[]' CHECK (
    -- a JSON array of integers > 0: nothing but digits, commas and the outer brackets, no element that starts with 0
    json_valid(episodeRunTime) AND episodeRunTime GLOB '[[]*]' AND episodeRunTime NOT GLOB '*[^][0-9,]*'
    AND episodeRunTime NOT GLOB '?*[[]*' AND episodeRunTime NOT GLOB '*,0*' AND episodeRunTime NOT GLOB '[[]0*'),
  popularity REAL NOT NULL DEFAULT 0 CHECK (popularity BETWEEN 0 AND 1.7976931348623157e308),
  rating REAL NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 1.7976931348623157e308),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_tv_shows SELECT * FROM tv_shows;
DROP TABLE tv_shows;
ALTER TABLE new_tv_shows RENAME TO tv_shows;
CREATE INDEX idx_tvshow_id ON tv_shows (id);
CREATE UNIQUE INDEX idx_tvshow_tmdb ON tv_shows (tmdbId);
CREATE INDEX idx_tvshow_popularity ON tv_shows (popularity DESC);

CREATE TABLE new_seasons (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  tvShowId INTEGER NOT NULL REFERENCES tv_shows (id) ON DELETE RESTRICT,
  seasonNumber INTEGER NOT NULL CHECK (seasonNumber >= 0),
  name TEXT NOT NULL CHECK (name GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  overview TEXT NOT NULL,
  airDate TEXT NOT NULL CHECK (airDate = '' OR (airDate GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'
    AND substr(airDate, 6, 2) BETWEEN '01' AND '12' AND substr(airDate, 9) BETWEEN '01' AND
      CASE substr(airDate, 6, 2) WHEN '04' THEN '30' WHEN '06' THEN '30' WHEN '09' THEN '30' WHEN '11' THEN '30'
        WHEN '02' THEN iif(substr(airDate, 1, 4) % 4 = 0 AND (substr(airDate, 3, 2) <> '00'
          OR substr(airDate, 1, 2) % 4 = 0), '29', '28')
        ELSE '31' END)),
  episodeCount INTEGER NOT NULL CHECK (episodeCount >= 0),
  poster TEXT NOT NULL,
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  UNIQUE (tvShowId, seasonNumber),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_seasons SELECT * FROM seasons;
DROP TABLE seasons;
ALTER TABLE new_seasons RENAME TO seasons;
CREATE INDEX idx_season_tvshow ON seasons (tvShowId);

CREATE TABLE new_episodes (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  seasonId INTEGER NOT NULL REFERENCES seasons (id) ON DELETE CASCADE,
  episodeNumber INTEGER NOT NULL CHECK (episodeNumber >= 0),
  name TEXT NOT NULL CHECK (name GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  overview TEXT NOT NULL,
  airDate TEXT NOT NULL CHECK (airDate = '' OR (airDate GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'
    AND substr(airDate, 6, 2) BETWEEN '01' AND '12' AND substr(airDate, 9) BETWEEN '01' AND
      CASE substr(airDate, 6, 2) WHEN '04' THEN '30' WHEN '06' THEN '30' WHEN '09' THEN '30' WHEN '11' THEN '30'
        WHEN '02' THEN iif(substr(airDate, 1, 4) % 4 = 0 AND (substr(airDate, 3, 2) <> '00'
          OR substr(airDate, 1, 2) % 4 = 0), '29', '28')
        ELSE '31' END)),
  runtime INTEGER CHECK (runtime >= 0),
  stillPath TEXT,
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  UNIQUE (seasonId, episodeNumber),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_episodes SELECT * FROM episodes;
DROP TABLE episodes;
ALTER TABLE new_episodes RENAME TO episodes;
CREATE INDEX idx_episode_season ON episodes (seasonId);

CREATE TABLE new_movie_sources (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  movieId INTEGER NOT NULL REFERENCES movies (id) ON DELETE RESTRICT,
  quality TEXT NOT NULL,
  type TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  seeds INTEGER NOT NULL DEFAULT 0 CHECK (seeds >= 0),
  peers INTEGER NOT NULL DEFAULT 0 CHECK (peers >= 0),
  magnetUri TEXT NOT NULL,
  infoHash TEXT NOT NULL CHECK (length(infoHash) IN (40, 64) AND infoHash NOT GLOB '*[^0-9a-f]*'),
  language TEXT NOT NULL CHECK (language GLOB '[a-z][a-z]'),
  title TEXT NOT NULL CHECK (title GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  score REAL NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 10),
  lastSeen TEXT NOT NULL DEFAULT '1970-01-01 00:00:00.000' CHECK (lastSeen GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt),
  -- A magnet is kept with the topic of its info hash in front, in hex of either case.
  CHECK (CASE length(infoHash)
    WHEN 40 THEN magnetUri GLOB 'magnet:[?]xt=urn:btih:*' AND lower(substr(magnetUri, 21, 40)) = infoHash
      AND substr(magnetUri, 61, 1) IN ('', '&')
    WHEN 64 THEN magnetUri GLOB 'magnet:[?]xt=urn:btmh:1220*' AND lower(substr(magnetUri, 25, 64)) = infoHash
      AND substr(magnetUri, 89, 1) IN ('', '&')
    ELSE 0 END)
) STRICT;
INSERT INTO new_movie_sources SELECT * FROM movie_sources;
DROP TABLE movie_sources;
ALTER TABLE new_movie_sources RENAME TO movie_sources;
CREATE UNIQUE INDEX idx_source_hash ON movie_sources (infoHash);
CREATE INDEX idx_source_movie ON movie_sources (movieId);
CREATE INDEX idx_source_quality ON movie_sources (quality, score DESC);
CREATE INDEX idx_source_last_seen ON movie_sources (lastSeen DESC);

CREATE TABLE new_users (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  username TEXT NOT NULL CHECK (username GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  passwordHash TEXT NOT NULL CHECK (
    length(passwordHash) = 60 AND passwordHash GLOB '$2[abxy]$[0-3][0-9]$*'
    AND substr(passwordHash, 5, 2) BETWEEN '04' AND '31'
    AND substr(passwordHash, 8) NOT GLOB '*[^./0-9A-Za-z]*'),
  role TEXT NOT NULL CHECK (role IN (
    'guest', 'user', 'admin')),
  isActive INTEGER NOT NULL CHECK (isActive IN (0, 1)),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_users SELECT * FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;
CREATE INDEX idx_user_id ON users (id);
CREATE UNIQUE INDEX idx_user_username ON users (username);

CREATE TABLE new_trakt_users (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  userId INTEGER NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  username TEXT NOT NULL CHECK (username GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  -- Sealed.
  accessToken TEXT NOT NULL CHECK (accessToken GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  refreshToken TEXT NOT NULL CHECK (refreshToken GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  expiresAt TEXT NOT NULL CHECK (expiresAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_trakt_users SELECT * FROM trakt_users;
DROP TABLE trakt_users;
ALTER TABLE new_trakt_users RENAME TO trakt_users;

CREATE TABLE new_media_lists (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  name TEXT NOT NULL CHECK (name GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  description TEXT NOT NULL,
  isPublic INTEGER NOT NULL DEFAULT 0 CHECK (isPublic IN (0, 1)),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_media_lists SELECT * FROM media_lists;
DROP TABLE media_lists;
ALTER TABLE new_media_lists RENAME TO media_lists;

CREATE TABLE new_genres (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  tmdbId INTEGER NOT NULL UNIQUE CHECK (tmdbId >= 1),
  name TEXT NOT NULL CHECK (name GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_genres SELECT * FROM genres;
DROP TABLE genres;
ALTER TABLE new_genres RENAME TO genres;

CREATE TABLE new_sync_states (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  key TEXT NOT NULL UNIQUE CHECK (key GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*'),
  lastSync TEXT NOT NULL CHECK (lastSync GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  data TEXT NOT NULL DEFAULT '',
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;
INSERT INTO new_sync_states SELECT * FROM sync_states;
DROP TABLE sync_states;
ALTER TABLE new_sync_states RENAME TO sync_states;
