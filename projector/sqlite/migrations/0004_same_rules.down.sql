-- The tables as they were. A file with the day 0300-03-01 cannot go back: the old CHECKs refuse it.

CREATE TABLE new_movies (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  tmdbId INTEGER NOT NULL CHECK (tmdbId >= 1),
  title TEXT NOT NULL CHECK (trim(title, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  overview TEXT NOT NULL,
  releaseDate TEXT NOT NULL CHECK (releaseDate = '' OR date(releaseDate, '+0 days') IS releaseDate),
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
  name TEXT NOT NULL CHECK (trim(name, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  overview TEXT NOT NULL,
  firstAirDate TEXT NOT NULL CHECK (firstAirDate = '' OR date(firstAirDate, '+0 days') IS firstAirDate),
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
  name TEXT NOT NULL CHECK (trim(name, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  overview TEXT NOT NULL,
  airDate TEXT NOT NULL CHECK (airDate = '' OR date(airDate, '+0 days') IS airDate),
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
  name TEXT NOT NULL CHECK (trim(name, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  overview TEXT NOT NULL,
  airDate TEXT NOT NULL CHECK (airDate = '' OR date(airDate, '+0 days') IS airDate),
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
  title TEXT NOT NULL CHECK (trim(title, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  score REAL NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 10),
  lastSeen TEXT NOT NULL DEFAULT '1970-01-01 00:00:00.000' CHECK (lastSeen GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt),
  -- A magnet that begins with a hash in hex holds this hash. One in base32 cannot be compared in SQL.
  CHECK (magnetUri GLOB 'magnet:[?]*'),
  CHECK (instr(lower(magnetUri), infoHash) > 0
         OR (lower(magnetUri) NOT GLOB 'magnet:[?]xt=urn:btih:'
               || '[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
               || '[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
               || '[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
               || '[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*'
             AND (lower(magnetUri) NOT GLOB 'magnet:[?]xt=urn:btmh:*'
                  OR instr(lower(magnetUri), 'urn:btih:') > 0)))
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
  username TEXT NOT NULL CHECK (trim(username, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  passwordHash TEXT NOT NULL CHECK (
    length(passwordHash) = 60 AND passwordHash GLOB '$2[abxy]$[0-3][0-9]$*'
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
  username TEXT NOT NULL CHECK (trim(username, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  -- Sealed.
  accessToken TEXT NOT NULL CHECK (trim(accessToken, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  refreshToken TEXT NOT NULL CHECK (trim(refreshToken, ' ' || char(9, 10, 11, 12, 13)) <> ''),
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
  name TEXT NOT NULL CHECK (trim(name, ' ' || char(9, 10, 11, 12, 13)) <> ''),
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
  name TEXT NOT NULL CHECK (trim(name, ' ' || char(9, 10, 11, 12, 13)) <> ''),
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
  key TEXT NOT NULL UNIQUE CHECK (trim(key, ' ' || char(9, 10, 11, 12, 13)) <> ''),
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
