-- The catalogue. Columns and their order are the data contract's. Every rule on one row's values, every unique key and
-- every reference is held here too, so that this file stays right even if somebody writes to it by hand.

CREATE TABLE movies (
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

CREATE TABLE tv_shows (
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

CREATE TABLE seasons (
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

CREATE TABLE episodes (
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

CREATE TABLE movie_sources (
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

CREATE TABLE storage (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  infoHash TEXT NOT NULL UNIQUE REFERENCES movie_sources (infoHash) ON DELETE RESTRICT,
  downloadProgress REAL NOT NULL DEFAULT 0 CHECK (downloadProgress BETWEEN 0 AND 1),
  uploadProgress REAL NOT NULL DEFAULT 0 CHECK (uploadProgress BETWEEN 0 AND 1),
  status TEXT NOT NULL CHECK (status IN (
    'downloading', 'completed', 'seeding', 'paused', 'error')),
  peers INTEGER NOT NULL DEFAULT 0 CHECK (peers >= 0),
  downloaded INTEGER NOT NULL DEFAULT 0 CHECK (downloaded >= 0),
  uploaded INTEGER NOT NULL DEFAULT 0 CHECK (uploaded >= 0),
  lastUpdated TEXT NOT NULL CHECK (lastUpdated GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (lastUpdated >= createdAt)
) STRICT;

CREATE TABLE users (
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

CREATE TABLE refresh_tokens (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  userId INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- The SHA-256 of the token in hex, never the token.
  token TEXT NOT NULL UNIQUE CHECK (length(token) = 64 AND token NOT GLOB '*[^0-9a-f]*'),
  expiresAt TEXT NOT NULL CHECK (expiresAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]')
) STRICT;

CREATE TABLE trakt_users (
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

CREATE TABLE media_lists (
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

CREATE TABLE genres (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  tmdbId INTEGER NOT NULL UNIQUE CHECK (tmdbId >= 1),
  name TEXT NOT NULL CHECK (trim(name, ' ' || char(9, 10, 11, 12, 13)) <> ''),
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  CHECK (updatedAt >= createdAt)
) STRICT;

CREATE TABLE genre_translations (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  genreId INTEGER NOT NULL REFERENCES genres (id) ON DELETE CASCADE,
  language TEXT NOT NULL CHECK (language GLOB '[a-z][a-z]'),
  name TEXT NOT NULL,
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  UNIQUE (genreId, language),
  CHECK (updatedAt >= createdAt)
) STRICT;

CREATE TABLE movie_translations (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  movieId INTEGER NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
  language TEXT NOT NULL CHECK (language GLOB '[a-z][a-z]'),
  title TEXT NOT NULL,
  overview TEXT NOT NULL,
  tagline TEXT NOT NULL DEFAULT '',
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  UNIQUE (movieId, language),
  CHECK (updatedAt >= createdAt)
) STRICT;

CREATE TABLE tv_show_translations (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  tvShowId INTEGER NOT NULL REFERENCES tv_shows (id) ON DELETE CASCADE,
  language TEXT NOT NULL CHECK (language GLOB '[a-z][a-z]'),
  name TEXT NOT NULL,
  overview TEXT NOT NULL,
  tagline TEXT NOT NULL DEFAULT '',
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  updatedAt TEXT NOT NULL CHECK (updatedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]'),
  UNIQUE (tvShowId, language),
  CHECK (updatedAt >= createdAt)
) STRICT;

CREATE TABLE sync_states (
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

CREATE TABLE audit_logs (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 1),
  userId INTEGER REFERENCES users (id) ON DELETE SET NULL,
  action TEXT NOT NULL CHECK (action IN (
    'LOGIN', 'LOGOUT', 'LOGIN_FAILURE', 'PASSWORD_CHANGE', 'PASSWORD_RESET_REQUEST',
    'PASSWORD_RESET_COMPLETE', 'TOKEN_REFRESH', 'TOKEN_INVALIDATION', 'UNAUTHORIZED_ACCESS',
    'USER_CREATION', 'USER_UPDATE', 'USER_DELETION', 'ROLE_CHANGE', 'API_ACCESS', 'API_ERROR',
    'CONFIGURATION_CHANGE', 'SECURITY_SETTING_CHANGE', 'SUSPICIOUS_ACTIVITY', 'RATE_LIMIT_EXCEEDED',
    'IP_BLOCKED', 'IP_UNBLOCKED', 'OTHER')),
  resource TEXT,
  severity TEXT NOT NULL CHECK (severity IN (
    'INFO', 'WARNING', 'ERROR', 'CRITICAL')),
  metadata TEXT CHECK (metadata IS NULL OR json_valid(metadata)),
  ipAddress TEXT,
  userAgent TEXT,
  createdAt TEXT NOT NULL CHECK (createdAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]')
) STRICT;

CREATE TABLE movie_genres (
  movieId INTEGER NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
  genreId INTEGER NOT NULL REFERENCES genres (id) ON DELETE RESTRICT,
  PRIMARY KEY (movieId, genreId)
) STRICT, WITHOUT ROWID;

CREATE TABLE tv_show_genres (
  tvShowId INTEGER NOT NULL REFERENCES tv_shows (id) ON DELETE CASCADE,
  genreId INTEGER NOT NULL REFERENCES genres (id) ON DELETE RESTRICT,
  PRIMARY KEY (tvShowId, genreId)
) STRICT, WITHOUT ROWID;

CREATE TABLE media_list_movies (
  mediaListId INTEGER NOT NULL REFERENCES media_lists (id) ON DELETE CASCADE,
  movieId INTEGER NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
  PRIMARY KEY (mediaListId, movieId)
) STRICT, WITHOUT ROWID;

CREATE TABLE media_list_tv_shows (
  mediaListId INTEGER NOT NULL REFERENCES media_lists (id) ON DELETE CASCADE,
  tvShowId INTEGER NOT NULL REFERENCES tv_shows (id) ON DELETE CASCADE,
  PRIMARY KEY (mediaListId, tvShowId)
) STRICT, WITHOUT ROWID;

-- The data contract's indexes. The unique ones stand for the column's UNIQUE.
CREATE INDEX idx_movie_id ON movies (id);
CREATE INDEX idx_tvshow_id ON tv_shows (id);
CREATE INDEX idx_user_id ON users (id);
CREATE UNIQUE INDEX idx_movie_tmdb ON movies (tmdbId);
CREATE UNIQUE INDEX idx_tvshow_tmdb ON tv_shows (tmdbId);
CREATE UNIQUE INDEX idx_user_username ON users (username);
CREATE UNIQUE INDEX idx_source_hash ON movie_sources (infoHash);
CREATE INDEX idx_season_tvshow ON seasons (tvShowId);
CREATE INDEX idx_episode_season ON episodes (seasonId);
CREATE INDEX idx_source_movie ON movie_sources (movieId);
CREATE INDEX idx_token_user ON refresh_tokens (userId);
CREATE INDEX idx_movie_popularity ON movies (popularity DESC);
CREATE INDEX idx_tvshow_popularity ON tv_shows (popularity DESC);
CREATE INDEX idx_source_quality ON movie_sources (quality, score DESC);
CREATE INDEX idx_source_last_seen ON movie_sources (lastSeen DESC);
CREATE INDEX idx_audit_user ON audit_logs (userId);
CREATE INDEX idx_audit_created ON audit_logs (createdAt DESC);

-- Our own: from the other side of each link.
CREATE INDEX idx_movie_genres_genre ON movie_genres (genreId);
CREATE INDEX idx_tv_show_genres_genre ON tv_show_genres (genreId);
CREATE INDEX idx_media_list_movies_movie ON media_list_movies (movieId);
CREATE INDEX idx_media_list_tv_shows_show ON media_list_tv_shows (tvShowId);

-- Where in the log this file stands: one row, written in the same transaction as the rows above.
CREATE TABLE projection_checkpoint (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  logId TEXT NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  merkleHead TEXT NOT NULL DEFAULT '',
  schemaVersion INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'retired'))
) STRICT;

-- Position of the last event of each kind of stream.
CREATE TABLE projection_streams (
  kind TEXT PRIMARY KEY NOT NULL,
  lastPosition INTEGER NOT NULL CHECK (lastPosition >= 1)
) STRICT, WITHOUT ROWID;
