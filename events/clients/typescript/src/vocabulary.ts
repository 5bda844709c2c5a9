// Written by `catlog schema --typescript` from catlog's declaration; changes made here are lost.

/** An integer of 64 bits: a number up to 2^53 either way, beyond that its digits as text. */
export type Integer = number | `${bigint}`;

/** A time by RFC 3339, with Z or an offset, up to six decimals: "2026-01-15T10:30:00Z". */
export type Time = string;

type KeyOfAny<T> = T extends unknown ? keyof T : never;

/** Exactly one of the members of a union, and nothing of the others. */
export type Exactly<T, K extends PropertyKey = KeyOfAny<T>> = T extends unknown
  ? T & { [P in Exclude<K, keyof T>]?: undefined }
  : never;

/** One member of T, as an object of its own. */
export type OneOf<T> = { [K in keyof T]: { [P in K]: T[P] } }[keyof T];

export type DownloadStatus =
  | 'downloading'
  | 'completed'
  | 'seeding'
  | 'paused'
  | 'error';

export const meaningOfDownloadStatus: Readonly<Record<DownloadStatus, string>> = {
  downloading: 'It is being loaded',
  completed: 'All of it is here',
  seeding: 'All of it is here and given to others',
  paused: 'Somebody stopped it for a while',
  error: 'It failed',
};

export type TransferPhase =
  | 'metadata'
  | 'queued'
  | 'checking'
  | 'downloading'
  | 'stalled'
  | 'seeding'
  | 'idle';

export const meaningOfTransferPhase: Readonly<Record<TransferPhase, string>> = {
  metadata: 'It waits for the torrent\'s own description, which a magnet link lacks',
  queued: 'It waits until others are done',
  checking: 'What is on the disk is compared with the torrent',
  downloading: 'Bytes come',
  stalled: 'It would load, but nobody gives',
  seeding: 'All of it is here and given to who asks',
  idle: 'Nothing is done with it',
};

export type Role =
  | 'guest'
  | 'user'
  | 'admin';

export const meaningOfRole: Readonly<Record<Role, string>> = {
  guest: 'Changes only its own tokens and password',
  user: 'What a guest may, and lists, downloads and its own Trakt link',
  admin: 'Everything',
};

export type AuditAction =
  | 'LOGIN'
  | 'LOGOUT'
  | 'LOGIN_FAILURE'
  | 'PASSWORD_CHANGE'
  | 'PASSWORD_RESET_REQUEST'
  | 'PASSWORD_RESET_COMPLETE'
  | 'TOKEN_REFRESH'
  | 'TOKEN_INVALIDATION'
  | 'UNAUTHORIZED_ACCESS'
  | 'USER_CREATION'
  | 'USER_UPDATE'
  | 'USER_DELETION'
  | 'ROLE_CHANGE'
  | 'API_ACCESS'
  | 'API_ERROR'
  | 'CONFIGURATION_CHANGE'
  | 'SECURITY_SETTING_CHANGE'
  | 'SUSPICIOUS_ACTIVITY'
  | 'RATE_LIMIT_EXCEEDED'
  | 'IP_BLOCKED'
  | 'IP_UNBLOCKED'
  | 'OTHER';

export type AuditSeverity =
  | 'INFO'
  | 'WARNING'
  | 'ERROR'
  | 'CRITICAL';

export type RefusalCode =
  | 'malformed'
  | 'tooLarge'
  | 'notFound'
  | 'duplicate'
  | 'versionConflict'
  | 'restricted'
  | 'invalid'
  | 'inactiveUser'
  | 'forbidden'
  | 'commandIdReused'
  | 'storageFull'
  | 'busy'
  | 'outOfOrder'
  | 'tooLate'
  | 'batchRefused'
  | 'notLeader';

export const meaningOfRefusalCode: Readonly<Record<RefusalCode, string>> = {
  malformed: 'Not a command: broken JSON, unknown field, wrong kind of value, wrong frames. Send it again after mending it',
  tooLarge: 'Over 1 MiB, or 2 MiB written out. Send it in parts',
  notFound: 'Something it names is not there. Send it again after creating that',
  duplicate: 'Another thing has this natural key. Do not send it again',
  versionConflict: 'The thing changed meanwhile, or exists with expectedVersion 0. Send it again after reading the thing anew',
  restricted: 'Something else needs what would be removed, the command does too much at once, or the user\'s sealing key is damaged. Send it again after removing that, or once an operator has brought the key back',
  invalid: 'A value breaks a rule; `field` names it. Send it again after mending it',
  inactiveUser: 'The user is not active. Send it again after activating',
  forbidden: 'The actor, or the key that it was sent with, may not do this. Do not send it again',
  commandIdReused: 'The id was accepted with another body. Send it with an id of its own',
  storageFull: 'The disk is full; it was not judged. Send it again later, as it is',
  busy: 'Too much is waiting; it was not judged. Send it again later, as it is',
  outOfOrder: 'One before it in its session has not come; it was not looked at, and the receipt has no `id`. Send all before it again first',
  tooLate: 'Its session has passed its number; under that it changed nothing and never will. Send it again, with a new number, if it is still wanted',
  batchRefused: 'Another command of its batch was refused; the message says which. Send it again with the batch, when that is mended',
  notLeader: 'This machine of several does not write; it was not looked at, and the receipt has no `id`. Send it again, as it is, to the one that `leader` names',
};

export type Entity =
  | 'movie'
  | 'tvShow'
  | 'season'
  | 'episode'
  | 'movieSource'
  | 'storage'
  | 'user'
  | 'refreshToken'
  | 'traktUser'
  | 'mediaList'
  | 'genre'
  | 'genreTranslation'
  | 'movieTranslation'
  | 'tvShowTranslation'
  | 'syncState'
  | 'auditLog'
  | 'movieGenre'
  | 'tvShowGenre'
  | 'mediaListMovie'
  | 'mediaListTvShow';

export type GroupRefusalCode =
  | 'malformed'
  | 'invalid'
  | 'notFound'
  | 'tooMany'
  | 'historyChanged'
  | 'storageFull'
  | 'damaged'
  | 'forbidden';

export const meaningOfGroupRefusalCode: Readonly<Record<GroupRefusalCode, string>> = {
  malformed: 'Not a request: broken JSON, unknown field, wrong frames',
  invalid: 'A value breaks a rule, or the name has other topics',
  notFound: 'There is no such name: join',
  tooMany: 'There are as many names, or members of this one, as there can be',
  historyChanged: 'The log is another one, or lost what the group has dealt with; an operator says from where to go on',
  storageFull: 'The disk is full, and nothing was done; send it again later',
  damaged: 'The file of the group cannot be used',
  forbidden: 'The sender\'s role may not read the log',
};

export interface Actor {
  /** Row id of the user on whose behalf it is done; absent: a service's own. */
  userId?: Integer | null;
  /** The network address of the user. */
  ipAddress?: string | null;
  /** The program of the user. */
  userAgent?: string | null;
}

/** Names one genre. */
export type GenreRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { tmdbId: Integer }
>;

export interface PutMovie {
  /** The movie's id at TMDB, its natural key (>= 1). */
  tmdbId: Integer;
  /** Its title (something in it can be seen). */
  title: string;
  /** What it is about. */
  overview: string;
  /** The day of its first release; empty: not known (YYYY-MM-DD or empty). */
  releaseDate: string;
  /** Path of its poster at TMDB; empty: none. */
  poster: string;
  /** Path of its backdrop at TMDB; empty: none. */
  backdrop: string;
  /** Its id at IMDb, such as tt1254207. */
  imdbId?: string | null;
  /** Its length in minutes (>= 0). */
  runtime?: Integer | null;
  /** What it cost, in US dollars (>= 0). */
  budget?: Integer | null;
  /** What it took, in US dollars (>= 0). */
  revenue?: Integer | null;
  /** How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0). */
  popularity?: number | null;
  /** The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0). */
  rating?: number | null;
  /** Its genres, all of them; absent: it keeps those it has. */
  genres?: GenreRef[] | null;
}

/** Names one movie. */
export type MovieRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { tmdbId: Integer }
  | { imdbId: string }
>;

export interface RateMovie {
  movie: MovieRef;
  /** How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0). */
  popularity?: number | null;
  /** The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0). */
  rating?: number | null;
}

export interface AssignMovieGenres {
  movie: MovieRef;
  /** Its genres from now on; empty: none. */
  genres: GenreRef[];
}

export interface RemoveMovie {
  movie: MovieRef;
}

export interface PutMovieTranslation {
  movie: MovieRef;
  /** The language of these texts (ISO 639-1, two letters). */
  language: string;
  /** The title in this language; may be empty. */
  title: string;
  /** What it is about, in this language; may be empty. */
  overview: string;
  /** Its tagline in this language (optional; when absent: empty). */
  tagline?: string | null;
}

export interface RemoveMovieTranslation {
  movie: MovieRef;
  /** Which of its translations: ISO 639-1, two letters. */
  language: string;
}

export interface PutTvShow {
  /** The show's id at TMDB, its natural key (>= 1). */
  tmdbId: Integer;
  /** Its name (something in it can be seen). */
  name: string;
  /** What it is about. */
  overview: string;
  /** The day of its first broadcast; empty: not known (YYYY-MM-DD or empty). */
  firstAirDate: string;
  /** Path of its poster at TMDB; empty: none. */
  poster: string;
  /** Path of its backdrop at TMDB; empty: none. */
  backdrop: string;
  /** Its id at IMDb, such as tt0055662. */
  imdbId?: string | null;
  /** How it stands, in TMDB's words: Returning Series, Ended, Canceled and others. */
  status: string;
  /** Its tagline; may be empty. */
  tagline: string;
  /** What kind of show it is, in TMDB's words: Scripted, Documentary and others. */
  type: string;
  /** Whether more of it is being made. */
  inProduction: boolean;
  /** How long its episodes are, in minutes (each > 0; optional; when absent: []). */
  episodeRunTime?: Integer[] | null;
  /** How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0). */
  popularity?: number | null;
  /** The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0). */
  rating?: number | null;
  /** Its genres, all of them; absent: it keeps those it has. */
  genres?: GenreRef[] | null;
}

/** Names one tvShow. */
export type TvShowRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { tmdbId: Integer }
>;

export interface RateTvShow {
  tvShow: TvShowRef;
  /** How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0). */
  popularity?: number | null;
  /** The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0). */
  rating?: number | null;
}

export interface AssignTvShowGenres {
  tvShow: TvShowRef;
  /** Its genres from now on; empty: none. */
  genres: GenreRef[];
}

export interface RemoveTvShow {
  tvShow: TvShowRef;
  /** Whether its seasons and their episodes go with it (optional; when absent: false). */
  withSeasons?: boolean | null;
}

export interface PutTvShowTranslation {
  tvShow: TvShowRef;
  /** The language of these texts (ISO 639-1, two letters). */
  language: string;
  /** The name in this language; may be empty. */
  name: string;
  /** What it is about, in this language; may be empty. */
  overview: string;
  /** Its tagline in this language (optional; when absent: empty). */
  tagline?: string | null;
}

export interface RemoveTvShowTranslation {
  tvShow: TvShowRef;
  /** Which of its translations: ISO 639-1, two letters. */
  language: string;
}

export interface PutSeason {
  tvShow: TvShowRef;
  /** Its number within the show; 0: specials (>= 0). */
  seasonNumber: Integer;
  /** Its name (something in it can be seen). */
  name: string;
  /** What it is about. */
  overview: string;
  /** The day of its first broadcast; empty: not known (YYYY-MM-DD or empty). */
  airDate: string;
  /** How many episodes it is said to have (>= 0). */
  episodeCount: Integer;
  /** Path of its poster at TMDB; empty: none. */
  poster: string;
}

/** Names one season. */
export type SeasonRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { tvShow: TvShowRef; seasonNumber: Integer }
>;

export interface RemoveSeason {
  season: SeasonRef;
}

export interface PutEpisode {
  season: SeasonRef;
  /** Its number within the season (>= 0). */
  episodeNumber: Integer;
  /** Its name (something in it can be seen). */
  name: string;
  /** What it is about. */
  overview: string;
  /** The day of its first broadcast; empty: not known (YYYY-MM-DD or empty). */
  airDate: string;
  /** Its length in minutes (>= 0). */
  runtime?: Integer | null;
  /** Path of a still at TMDB. */
  stillPath?: string | null;
}

/** Names one episode. */
export type EpisodeRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { season: SeasonRef; episodeNumber: Integer }
>;

export interface RemoveEpisode {
  episode: EpisodeRef;
}

export interface PutGenre {
  /** The genre's id at TMDB, its natural key (>= 1). */
  tmdbId: Integer;
  /** Its name (something in it can be seen). */
  name: string;
}

export interface RemoveGenre {
  genre: GenreRef;
}

export interface PutGenreTranslation {
  genre: GenreRef;
  /** The language of the name (ISO 639-1, two letters). */
  language: string;
  /** The name in this language; may be empty. */
  name: string;
}

export interface RemoveGenreTranslation {
  genre: GenreRef;
  /** Which of its translations: ISO 639-1, two letters. */
  language: string;
}

export interface AddMovieSource {
  movie: MovieRef;
  /** What picture it has, such as 1080p. */
  quality: string;
  /** What it was made from, such as web or bluray. */
  type: string;
  /** Its size in bytes (>= 0). */
  size: Integer;
  /** The magnet link by which it is found. */
  magnetUri: string;
  /** The torrent's info hash, its natural key: version 1 has 40 digits, version 2 has 64 (40 or 64 hex digits; optional; when absent: the magnet's own). */
  infoHash?: string | null;
  /** The language that is spoken in it (ISO 639-1, two letters). */
  language: string;
  /** What the release calls itself (something in it can be seen). */
  title: string;
  /** How many peers have all of it (>= 0; optional; when absent: as it was, or 0). */
  seeds?: Integer | null;
  /** How many peers load it (>= 0; optional; when absent: as it was, or 0). */
  peers?: Integer | null;
  /** When it was seen so (RFC 3339, such as 2026-01-15T10:30:00Z; optional; when absent: the time of the command, if seeds or peers changed). */
  lastSeen?: Time | null;
}

/** Names one movieSource. */
export type SourceRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { infoHash: string }
>;

export interface ObserveSwarm {
  source: SourceRef;
  /** How many peers have all of it (>= 0). */
  seeds: Integer;
  /** How many peers load it (>= 0). */
  peers: Integer;
  /** When it was seen so (RFC 3339, such as 2026-01-15T10:30:00Z; optional; when absent: the time of the command, if seeds or peers changed). */
  lastSeen?: Time | null;
}

export interface RescoreSources {
  /** Row id of the last source that is left out (optional; when absent: 0, from the first on). */
  after?: Integer | null;
  /** How many are looked at, 1 to 10,000 (optional; when absent: 1000). */
  limit?: Integer | null;
}

export interface RemoveMovieSource {
  source: SourceRef;
}

export interface StartDownload {
  source: SourceRef;
}

/** Names one storage. */
export type StorageRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { infoHash: string }
>;

export interface ReportTransfer {
  storage: StorageRef;
  /** How it stands now (optional; when absent: as it was). */
  status?: DownloadStatus | null;
  /** How much of it is here: 0 to 1 (0 to 1). */
  downloadProgress: number;
  /** How much of it was given to others: 0 to 1 (0 to 1). */
  uploadProgress: number;
  /** How many peers take part (>= 0; optional; when absent: as it was, or 0). */
  peers?: Integer | null;
  /** Bytes of it that are here (>= 0; optional; when absent: as it was, or 0). */
  downloaded?: Integer | null;
  /** Bytes that were given (>= 0; optional; when absent: as it was, or 0). */
  uploaded?: Integer | null;
  /** What the bridge is at. */
  phase?: TransferPhase | null;
  /** Bytes of the main file that can be read from its beginning on (>= 0). */
  readable?: Integer | null;
  /** The directory that its files are in, and no others (something in it can be seen). */
  directory?: string | null;
  /** Path of the file that is played, within the directory (something in it can be seen). */
  mainFile?: string | null;
  /** Its size in bytes (>= 0). */
  mainFileSize?: Integer | null;
  /** Bytes of all the torrent's files, as the torrent itself says (>= 0). */
  totalSize?: Integer | null;
}

export interface OnStorage {
  storage: StorageRef;
}

export interface FailDownload {
  storage: StorageRef;
  /** Why it failed, for people: up to 1,024 bytes. */
  reason?: string | null;
}

export interface RemoveStorage {
  storage: StorageRef;
  /** Whether its files are to be deleted (optional; when absent: false). */
  withData?: boolean | null;
}

export interface RegisterUser {
  /** The user's name, which nobody else has (nothing in it that cannot be seen, no white space at an end). */
  username: string;
  /** What bcrypt made of the password (a bcrypt string, never a plain password; secret: never shown). */
  passwordHash: string;
  /** What the user may do (optional; when absent: user). */
  role?: Role | null;
  /** Whether the user may do anything at all (optional; when absent: true). */
  isActive?: boolean | null;
}

/** Names one user. */
export type UserRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { username: string }
>;

export interface ChangePassword {
  user: UserRef;
  /** What bcrypt made of the password (a bcrypt string, never a plain password; secret: never shown). */
  passwordHash: string;
}

export interface AssignRole {
  user: UserRef;
  /** What the user may do from now on. */
  role: Role;
}

export interface OnUser {
  user: UserRef;
}

export interface IssueRefreshToken {
  user: UserRef;
  /** In a command the token itself; in the event and the table its SHA-256 in hex (something in it can be seen; secret: never shown). */
  token: string;
  /** Until when it is good (RFC 3339, such as 2026-01-15T10:30:00Z). */
  expiresAt: Time;
}

/** Names one refreshToken. */
export type TokenRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
  | { token: string }
>;

export interface RevokeRefreshToken {
  token: TokenRef;
}

export interface ExpireRefreshTokens {
  /** Tokens that expire by then are deleted (RFC 3339, such as 2026-01-15T10:30:00Z; optional; when absent: the time of the command). */
  before?: Time | null;
}

export interface LinkTrakt {
  user: UserRef;
  /** The user's name at Trakt (something in it can be seen). */
  username: string;
  /** In a command the token itself; in the event and the table sealed (something in it can be seen; secret: never shown). */
  accessToken: string;
  /** In a command the token itself; in the event and the table sealed (something in it can be seen; secret: never shown). */
  refreshToken: string;
  /** Until when the access token is good (RFC 3339, such as 2026-01-15T10:30:00Z). */
  expiresAt: Time;
}

export interface RefreshTrakt {
  user: UserRef;
  /** The token itself; it is sealed before it is kept (secret: never shown). */
  accessToken: string;
  /** The token itself; it is sealed before it is kept (secret: never shown). */
  refreshToken: string;
  /** Until when the access token is good (RFC 3339, such as 2026-01-15T10:30:00Z). */
  expiresAt: Time;
}

export interface CreateMediaList {
  /** The list's name (something in it can be seen). */
  name: string;
  /** What it is for; may be empty. */
  description: string;
  /** Whether others may see it (optional; when absent: false). */
  isPublic?: boolean | null;
}

/** Names one mediaList. */
export type ListRef = Exactly<
  | { id: Integer }
  | { createdBy: string }
>;

export interface ReviseMediaList {
  mediaList: ListRef;
  /** The list's name (something in it can be seen). */
  name: string;
  /** What it is for; may be empty. */
  description: string;
  /** Whether others may see it (optional; when absent: false). */
  isPublic?: boolean | null;
}

export interface RemoveMediaList {
  mediaList: ListRef;
}

export type OnListEntry = {
  mediaList: ListRef;
} & Exactly<
  | { movie: MovieRef }
  | { tvShow: TvShowRef }
>;

export interface RecordSync {
  /** Which background task it is of, its natural key (something in it can be seen). */
  key: string;
  /** When the task ran last (RFC 3339, such as 2026-01-15T10:30:00Z). */
  lastSync: Time;
  /** Any text that the task wants back (optional; when absent: empty). */
  data?: string | null;
}

export interface RecordAudit {
  /** The user that it is about; absent: nobody. */
  user?: UserRef | null;
  /** What was done. */
  action: AuditAction;
  /** What it was done to, such as a path. */
  resource?: string | null;
  /** How grave it is. */
  severity: AuditSeverity;
  /** What else is known of it, as a JSON text (a JSON text, nested at most 1,000 deep). */
  metadata?: string | null;
  /** The network address that it came from. */
  ipAddress?: string | null;
  /** The program that it came from. */
  userAgent?: string | null;
}

export interface PurgeAuditLogs {
  /** Rows that were written before then are deleted (RFC 3339, such as 2026-01-15T10:30:00Z). */
  before: Time;
  /** Only rows of this severity (optional; when absent: rows of any). */
  severity?: AuditSeverity | null;
}

export interface Batch {
  /** 1 to 10,000 commands, each with an id of its own, none of them a batch. */
  commands: Command[];
}

export type Thing = Exactly<
  | { movie: MovieRef }
  | { tvShow: TvShowRef }
  | { season: SeasonRef }
  | { episode: EpisodeRef }
  | { genre: GenreRef }
  | { source: SourceRef }
  | { storage: StorageRef }
  | { user: UserRef }
  | { mediaList: ListRef }
>;

export interface CorrectMovieSource {
  source: SourceRef;
  /** What picture it has, such as 1080p (optional; when absent: as it was). */
  quality?: string | null;
  /** What it was made from, such as web or bluray (optional; when absent: as it was). */
  type?: string | null;
  /** Its size in bytes (optional; when absent: as it was). */
  size?: Integer | null;
  /** Another magnet link of the same torrent, such as one with trackers (optional; when absent: as it was). */
  magnetUri?: string | null;
  /** The language that is spoken in it (optional; when absent: as it was). */
  language?: string | null;
  /** What the release calls itself (optional; when absent: as it was). */
  title?: string | null;
}

export interface Commands {
  /** Creates the movie with this `tmdbId` or brings its facts, ratings and genres up to date; needs title (not blank), overview, releaseDate, poster and backdrop (empty text where unknown); `notFound` when a genre is not there.. */
  putMovie: PutMovie;
  /** Sets a movie's popularity and rating, both finite and >= 0; `notFound` when the movie is not there.. */
  rateMovie: RateMovie;
  /** Replaces all genres of a movie by these (none: takes them all away); `notFound` when the movie or a genre is not there.. */
  assignMovieGenres: AssignMovieGenres;
  /** Deletes a movie with its translations, genre links and list entries; `restricted` while it has sources.. */
  removeMovie: RemoveMovie;
  /** Creates or brings up to date a movie's texts in one language (ISO 639-1; es-MX is cut to es); needs title and overview, which may be empty; `notFound` when the movie is not there.. */
  putMovieTranslation: PutMovieTranslation;
  /** Deletes a movie's texts in one language; `notFound` when the movie has none in it.. */
  removeMovieTranslation: RemoveMovieTranslation;
  /** Creates the show with this `tmdbId` or brings its facts, ratings and genres up to date; needs name (not blank), overview, firstAirDate, poster, backdrop, status, tagline, type and inProduction; `invalid` when an episodeRunTime is not positive, `notFound` when a genre is not there.. */
  putTvShow: PutTvShow;
  /** Sets a show's popularity and rating, both finite and >= 0; `notFound` when the show is not there.. */
  rateTvShow: RateTvShow;
  /** Replaces all genres of a show by these (none: takes them all away); `notFound` when the show or a genre is not there.. */
  assignTvShowGenres: AssignTvShowGenres;
  /** Deletes a show with its translations, genre links and list entries; `restricted` while it has seasons, unless `withSeasons` is true: then they and their episodes go first.. */
  removeTvShow: RemoveTvShow;
  /** Creates or brings up to date a show's texts in one language (ISO 639-1; es-MX is cut to es); needs name and overview, which may be empty; `notFound` when the show is not there.. */
  putTvShowTranslation: PutTvShowTranslation;
  /** Deletes a show's texts in one language; `notFound` when the show has none in it.. */
  removeTvShowTranslation: RemoveTvShowTranslation;
  /** Creates the season with this number of a show or brings it up to date; needs name (not blank), overview, airDate, episodeCount and poster; `notFound` when the show is not there.. */
  putSeason: PutSeason;
  /** Deletes a season with all its episodes; `notFound` when it is not there.. */
  removeSeason: RemoveSeason;
  /** Creates the episode with this number of a season or brings it up to date; needs name (not blank), overview and airDate; `notFound` when the season is not there.. */
  putEpisode: PutEpisode;
  /** Deletes an episode; `notFound` when it is not there.. */
  removeEpisode: RemoveEpisode;
  /** Creates the genre with this `tmdbId` or gives it this name (not blank).. */
  putGenre: PutGenre;
  /** Deletes a genre with its translations; `restricted` while a movie or a show has it.. */
  removeGenre: RemoveGenre;
  /** Creates or changes a genre's name in one language (ISO 639-1; es-MX is cut to es); `notFound` when the genre is not there.. */
  putGenreTranslation: PutGenreTranslation;
  /** Deletes a genre's name in one language; `notFound` when the genre has none in it.. */
  removeGenreTranslation: RemoveGenreTranslation;
  /** Adds a torrent to a movie and scores it; the infoHash is taken from the magnetUri; needs quality, type, size, language and title; `unchanged` when the movie has it already, by either hash of a hybrid, `duplicate` when another movie has it, `invalid` when the magnet names no infoHash or another one than given. Addresses of peers and DHT nodes and ranges of files are taken out of the link.. */
  addMovieSource: AddMovieSource;
  /** Sets a source's seeds and peers (both >= 0) as seen at `lastSeen` (absent: now, if they changed) and scores it anew; `notFound` when the source is not there.. */
  observeSwarm: ObserveSwarm;
  /** Scores anew the sources with ids after `after` (absent: from the first), at most `limit` of them, with today's formula; `unchanged` when no score moves.. */
  rescoreSources: RescoreSources;
  /** Deletes a source; `restricted` while a download is stored for it.. */
  removeMovieSource: RemoveMovieSource;
  /** Starts the download of a source with status downloading and nothing transferred; `notFound` when the source is not there, `duplicate` when its download is there already.. */
  startDownload: StartDownload;
  /** Records how far a transfer is: both progresses (0..1), peers, bytes, phase, its status if that moved on, and where its files are; `invalid` when the status cannot follow the present one (downloading, completed, seeding is the way), when less is here than before without a recheck, or more than there is.. */
  reportTransfer: ReportTransfer;
  /** Pauses a download that is downloading or seeding; one that is paused is `unchanged`, any other `invalid`.. */
  pauseDownload: OnStorage;
  /** Takes up a paused or failed download where it was; one that goes on already is `unchanged`, any other `invalid`.. */
  resumeDownload: OnStorage;
  /** Marks a download as failed (status error), whatever it was doing, and says why; one that failed already for this reason is `unchanged`.. */
  failDownload: FailDownload;
  /** Deletes the record of a download, so that its source may be removed; its files stay unless `withData` is true; `notFound` when it is not there.. */
  removeStorage: RemoveStorage;
  /** Registers a user; needs a username nobody has and a bcrypt passwordHash (never a plain password); role is user and isActive true when absent; `duplicate` when the name is taken.. */
  registerUser: RegisterUser;
  /** Gives a user another bcrypt passwordHash; `invalid` when it is not one, `notFound` when the user is not there.. */
  changePassword: ChangePassword;
  /** Gives a user the role guest, user or admin; `notFound` when the user is not there.. */
  assignRole: AssignRole;
  /** Makes a user active; `unchanged` when the user is already.. */
  activateUser: OnUser;
  /** Makes a user inactive and revokes all the user's refresh tokens; `unchanged` when the user is already.. */
  deactivateUser: OnUser;
  /** Deletes a user with all refresh tokens and the Trakt link; the user's audit rows stay without a user.. */
  removeUser: OnUser;
  /** Records a refresh token of a user, of which only the digest is kept; needs token and expiresAt; `inactiveUser` when the user is inactive, `duplicate` when the token is known.. */
  issueRefreshToken: IssueRefreshToken;
  /** Deletes a refresh token; `notFound` when it is not there.. */
  revokeRefreshToken: RevokeRefreshToken;
  /** Deletes refresh tokens that expire by this time (absent: now), up to 1,000; send it again until it is `unchanged`.. */
  expireRefreshTokens: ExpireRefreshTokens;
  /** Links a user to a Trakt account or replaces the link; needs username, accessToken, refreshToken and expiresAt; the tokens are sealed under the user's key before they are stored.. */
  linkTrakt: LinkTrakt;
  /** Replaces both tokens of a user's Trakt link and their expiresAt; `notFound` when the user has no link.. */
  refreshTrakt: RefreshTrakt;
  /** Deletes a user's Trakt link; `notFound` when the user has none.. */
  unlinkTrakt: OnUser;
  /** Creates a list of titles; needs name (not blank) and description (may be empty); it is private unless isPublic is true.. */
  createMediaList: CreateMediaList;
  /** Changes a list's name, description and isPublic; `notFound` when the list is not there.. */
  reviseMediaList: ReviseMediaList;
  /** Deletes a list with its entries, not the titles; `notFound` when it is not there.. */
  removeMediaList: RemoveMediaList;
  /** Puts one movie or one show on a list; `unchanged` when it is on it already, `notFound` when the list or the title is not there, `invalid` unless exactly one of movie and tvShow is given.. */
  listTitle: OnListEntry;
  /** Takes one movie or one show off a list; `invalid` unless exactly one of movie and tvShow is given.. */
  delistTitle: OnListEntry;
  /** Creates or brings up to date the state of the background task with this key; needs key and lastSync; `data` is any text the task wants back.. */
  recordSync: RecordSync;
  /** Appends an audit row; needs action and severity; user, resource, metadata (a JSON text), ipAddress and userAgent are optional; `notFound` when the user named is not there.. */
  recordAudit: RecordAudit;
  /** Deletes audit rows that were written before this time, of this severity (absent: of any), the oldest 1,000; needs `before`; send it again until it is `unchanged`.. */
  purgeAuditLogs: PurgeAuditLogs;
  /** Judges several commands as one: all are accepted or all refused, later ones see earlier ones, and each has its own id and receipt; `invalid` when one of them is a batch.. */
  batch: Batch;
  /** Changes nothing: the receipt is `unchanged` with the thing's row id and version, and in `found` all by which it is known, as it is after the commands before; `notFound` when it is not there, `invalid` in a batch.. */
  lookUp: Thing;
  /** Gives a source another quality, type, size, language, title or magnetUri, and scores it anew; what is left out stays; `invalid` when the magnet names another torrent, `notFound` when the source is not there.. */
  correctMovieSource: CorrectMovieSource;
  /** Asks for what is on the disk to be compared with the torrent; until that is reported, less may be here than before; one that failed is looked at when it is resumed; `unchanged` while it goes on.. */
  recheckDownload: OnStorage;
  /** Says that a download is played, which is recorded as its lastAccess; `unchanged` within ten minutes of the last time.. */
  touchStorage: OnStorage;
}

export interface CommandFields {
  /** A UUID that the producer makes for this command; version 7 is best. The same id again has no second effect (a UUID). */
  id: string;
  /** The version of the last receipt for the thing, and the command is refused when it is another by now; 0: the thing must not exist yet; -1 or absent: any (optional; when absent: -1). */
  expectedVersion?: Integer | null;
  /** On whose behalf; with a userId the command is judged by that user's role, without one it is a service's. */
  actor?: Actor | null;
  /** Any text up to 1,024 bytes, kept with the events: what belongs together. */
  correlationId?: string | null;
  /** Any text up to 1,024 bytes, kept with the events: what it was done because of. */
  causationId?: string | null;
  /** Whether the receipt carries the log's Merkle head; of a batch only the batch's own counts (optional; when absent: false). */
  wantHead?: boolean | null;
}

/** A command: its header and exactly one of its kinds. */
export type Command = CommandFields & Exactly<OneOf<Commands>>;

export interface ReplayRequestRead {
  /** Of the first event that is wanted; absent or 0: 1 (optional; when absent: 1). */
  from?: Integer | null;
  /** How many events at most, from 1 on; absent: 1000 (optional; when absent: 1000). */
  limit?: Integer | null;
  /** Prefixes of streams without the encoding, such as movies/42/; none: everything. */
  topics?: string[] | null;
  /** Of the log that `from` is a position in, which is refused when another one is here; absent: whichever is here. */
  logId?: string | null;
  /** Of the event in front of `from`, as its header or the chunk before named it, which is refused when another one is there; absent: whichever is there. */
  lastCommandId?: string | null;
}

export interface ReplayRequestWaitFor {
  /** Of the log, as a receipt named it; beyond the log's end it is refused, but by a node of a cluster, which waits for it. */
  position?: Integer | null;
  /** After how many milliseconds it is answered in any case, at most 30,000; absent: 5,000 (optional; when absent: 5000). */
  withinMs?: Integer | null;
  /** Of the log that it is a position in, which is refused when another one is here; absent: whichever is here. */
  logId?: string | null;
  /** In place of a position: up to where the log goes when this is asked, of a cluster by what a majority has. */
  latest?: boolean | null;
}

export interface ReplayRequests {
  /** Asks for events from a position on. */
  read: ReplayRequestRead;
  /** Asks how the log stands. */
  status: null;
  /** Asks to be answered when the read model has a position: SQL shows its event then. */
  waitFor: ReplayRequestWaitFor;
}

/** A request to the replay socket. */
export type ReplayRequest = Exactly<OneOf<ReplayRequests>>;

export interface GroupRequestJoin {
  /** The group's: a-z, 0-9, . _ and -. */
  name: string;
  /** Who asks: any text that no other process has. */
  member: string;
  /** Prefixes of streams without the encoding, such as movies/42/; none: everything. A name keeps those that it began with. */
  topics?: string[] | null;
  /** Where a name begins that is new; absent or 0: 1 (optional; when absent: 1). */
  from?: Integer | null;
  /** How long a member may say nothing before what it holds goes to others (optional; when absent: 30000). */
  ackMs?: Integer | null;
  /** How often an event may fail before it is set aside (optional; when absent: 5). */
  tries?: Integer | null;
}

/** An event that was handed out, and which time that was. */
export interface GroupDelivery {
  /** Of an event that was handed out. */
  position?: Integer | null;
  /** Which time it was handed out: 1, 2, ... */
  try?: Integer | null;
}

export interface GroupRequestFetch {
  /** The group's. */
  name: string;
  /** Who asks. */
  member: string;
  /** How many at most, 1 to 1,000 (optional; when absent: 100). */
  limit?: Integer | null;
  /** How long to wait for one when there is none; absent: not at all. */
  waitMs?: Integer | null;
  /** What the member got and has not answered for; whatever else was handed to it goes out again. */
  holds?: GroupDelivery[] | null;
}

export interface GroupRequestAck {
  /** The group's. */
  name: string;
  /** Who asks. */
  member: string;
  /** As they were handed out. */
  deliveries?: GroupDelivery[] | null;
}

export interface GroupRequestNack {
  /** The group's. */
  name: string;
  /** Who asks. */
  member: string;
  /** As they were handed out. */
  deliveries?: GroupDelivery[] | null;
  /** In a few words, for the operator who finds them set aside. */
  why?: string | null;
  /** How long to wait before they are handed out again; absent: a second, twice as long for each failure before. */
  delayMs?: Integer | null;
}

export interface GroupRequestLeave {
  /** The group's. */
  name: string;
  /** Who asks. */
  member: string;
}

export interface GroupRequests {
  /** Registers the name where there is none, and makes the member one of it. */
  join: GroupRequestJoin;
  /** Asks for events to be handed out. */
  fetch: GroupRequestFetch;
  /** These are dealt with. */
  ack: GroupRequestAck;
  /** These failed. */
  nack: GroupRequestNack;
  /** The member is none any more; what it holds goes to others. */
  leave: GroupRequestLeave;
}

/** A request of a group's member. */
export type GroupRequest = Exactly<OneOf<GroupRequests>>;

export interface ReceiptAccepted {
  /** Of its first event. */
  firstPosition: Integer;
  /** Of its last event: wait for this one in the feed to read it by SQL. */
  lastPosition: Integer;
  /** Row id of what the command was about; absent: nothing in particular. */
  entityId?: Integer;
  /** How many events the thing's stream has now. */
  version: Integer;
}

export interface ReceiptUnchanged {
  /** Row id of what the command was about; absent: nothing in particular. */
  entityId?: Integer;
  /** How many events the thing's stream has. */
  version: Integer;
}

export interface ReceiptRefused {
  /** Why, for programs. */
  code: RefusalCode;
  /** Which field it is about, as a JSON pointer (RFC 6901) into the command; absent: none. */
  field?: string;
  /** Why, and what to do, for people. */
  message: string;
  /** Of `busy`: after how many milliseconds it is of use to send it again; absent: not known. */
  waitMs?: Integer;
  /** Of `notLeader`: the endpoint of the machine that writes; absent: none does now. */
  leader?: string;
  /** Of `notLeader`: the public key by which the machines are known (CURVE, Z85); absent: they have none in common. It vouches for nothing: who has another one does not go there. */
  leaderKey?: string;
}

export interface TreeHead {
  /** How many records it is over. */
  size: Integer;
  /** The Merkle root over them (RFC 9162, SHA-256) in hex. */
  root: string;
}

export interface RecordedMovieRef {
  /** Its row id. */
  id: Integer;
  /** What it is known by outside; absent: it has none. */
  tmdbId?: Integer;
  /** What it is known by outside; absent: it has none. */
  imdbId?: string;
}

export interface RecordedTvShowRef {
  /** Its row id. */
  id: Integer;
  /** What it is known by outside; absent: it has none. */
  tmdbId?: Integer;
}

export interface RecordedSeasonRef {
  /** Its row id. */
  id: Integer;
  /** What it belongs to, by row id. */
  tvShow?: RecordedTvShowRef;
  /** What it is known by outside; absent: it has none. */
  seasonNumber?: Integer;
}

export interface RecordedEpisodeRef {
  /** Its row id. */
  id: Integer;
  /** What it belongs to, by row id. */
  season?: RecordedSeasonRef;
  /** What it is known by outside; absent: it has none. */
  episodeNumber?: Integer;
}

export interface RecordedGenreRef {
  /** Its row id. */
  id: Integer;
  /** What it is known by outside; absent: it has none. */
  tmdbId?: Integer;
}

export interface RecordedSourceRef {
  /** Its row id. */
  id: Integer;
  /** What it is known by outside; absent: it has none. */
  infoHash?: string;
}

export interface RecordedStorageRef {
  /** Its row id. */
  id: Integer;
  /** What it is known by outside; absent: it has none. */
  infoHash?: string;
}

export interface RecordedUserRef {
  /** Its row id. */
  id: Integer;
  /** What it is known by outside; absent: it has none. */
  username?: string;
}

export interface RecordedListRef {
  /** Its row id. */
  id: Integer;
}

export type RecordedThing = Exactly<
  | { movie: RecordedMovieRef }
  | { tvShow: RecordedTvShowRef }
  | { season: RecordedSeasonRef }
  | { episode: RecordedEpisodeRef }
  | { genre: RecordedGenreRef }
  | { source: RecordedSourceRef }
  | { storage: RecordedStorageRef }
  | { user: RecordedUserRef }
  | { mediaList: RecordedListRef }
>;

export interface Receipts {
  /** There were events, which are on the disk. */
  accepted: ReceiptAccepted;
  /** There was nothing to do. */
  unchanged: ReceiptUnchanged;
  /** Nothing was done. */
  refused: ReceiptRefused;
}

export interface ReceiptFields {
  /** The command's; absent when it could not be read. */
  id?: string;
  /** Of a batch: one for each of its commands. */
  receipts?: Receipt[];
  /** When the command asked for it: what the log was when the receipt was sent. */
  head?: TreeHead;
  /** Of a lookUp: the thing, its row id and all by which it is known. */
  found?: RecordedThing;
}

/** The answer to a command. */
export type Receipt = ReceiptFields & OneOf<Receipts>;

export interface RecordedActor {
  /** Row id of the user on whose behalf it is done; absent: a service's own. */
  userId?: Integer;
  /** The network address of the user. */
  ipAddress?: string;
  /** The program of the user. */
  userAgent?: string;
}

export interface UnchangedMember {
  /** Its place in the batch, from 0. */
  index: number;
  /** Row id of what the command was about; absent: nothing in particular. */
  entityId?: Integer;
  /** How many events the thing's stream had. */
  version: Integer;
}

export interface BatchMark {
  /** Id of the batch (a UUID). */
  id?: string;
  /** SHA-256 of the batch in canonical form. */
  digest?: string;
  /** On a batch's last event: those of its commands that were unchanged, so that its receipt can be given again. */
  unchanged?: UnchangedMember[];
}

export interface MovieFacts {
  /** The movie's id at TMDB, its natural key (>= 1). */
  tmdbId: Integer;
  /** Its title (something in it can be seen). */
  title: string;
  /** What it is about. */
  overview: string;
  /** The day of its first release; empty: not known (YYYY-MM-DD or empty). */
  releaseDate: string;
  /** Path of its poster at TMDB; empty: none. */
  poster: string;
  /** Path of its backdrop at TMDB; empty: none. */
  backdrop: string;
  /** Its id at IMDb, such as tt1254207. */
  imdbId?: string;
  /** Its length in minutes (>= 0). */
  runtime?: Integer;
  /** What it cost, in US dollars (>= 0). */
  budget?: Integer;
  /** What it took, in US dollars (>= 0). */
  revenue?: Integer;
}

export interface Ratings {
  /** How much it is looked at now, as TMDB counts it (>= 0). */
  popularity: number;
  /** The mean of its votes; at TMDB 0 to 10 (>= 0). */
  rating: number;
}

export interface Genres {
  /** Row ids of all the genres that it has now (of the table genres). */
  genreIds: Integer[];
}

export interface TitleTranslation {
  /** Row id of the translation. */
  id: Integer;
  /** The language of these texts (ISO 639-1, two letters). */
  language: string;
  /** The title in this language; may be empty. */
  title: string;
  /** What it is about, in this language; may be empty. */
  overview: string;
  /** Its tagline in this language. */
  tagline: string;
}

export interface RowId {
  /** Row id of what is gone. */
  id: Integer;
}

export interface TvShowFacts {
  /** The show's id at TMDB, its natural key (>= 1). */
  tmdbId: Integer;
  /** Its name (something in it can be seen). */
  name: string;
  /** What it is about. */
  overview: string;
  /** The day of its first broadcast; empty: not known (YYYY-MM-DD or empty). */
  firstAirDate: string;
  /** Path of its poster at TMDB; empty: none. */
  poster: string;
  /** Path of its backdrop at TMDB; empty: none. */
  backdrop: string;
  /** Its id at IMDb, such as tt0055662. */
  imdbId?: string;
  /** How it stands, in TMDB's words: Returning Series, Ended, Canceled and others. */
  status: string;
  /** Its tagline; may be empty. */
  tagline: string;
  /** What kind of show it is, in TMDB's words: Scripted, Documentary and others. */
  type: string;
  /** Whether more of it is being made. */
  inProduction: boolean;
  /** How long its episodes are, in minutes (each > 0). */
  episodeRunTime: Integer[];
}

export interface NameTranslation {
  /** Row id of the translation. */
  id: Integer;
  /** The language of these texts (ISO 639-1, two letters). */
  language: string;
  /** The name in this language; may be empty. */
  name: string;
  /** What it is about, in this language; may be empty. */
  overview: string;
  /** Its tagline in this language. */
  tagline: string;
}

export interface SeasonFacts {
  /** Row id of the show (of the table tv_shows). */
  tvShowId: Integer;
  /** Its number within the show; 0: specials (>= 0). */
  seasonNumber: Integer;
  /** Its name (something in it can be seen). */
  name: string;
  /** What it is about. */
  overview: string;
  /** The day of its first broadcast; empty: not known (YYYY-MM-DD or empty). */
  airDate: string;
  /** How many episodes it is said to have (>= 0). */
  episodeCount: Integer;
  /** Path of its poster at TMDB; empty: none. */
  poster: string;
}

export interface EpisodeFacts {
  /** Row id of the season (of the table seasons). */
  seasonId: Integer;
  /** Its number within the season (>= 0). */
  episodeNumber: Integer;
  /** Its name (something in it can be seen). */
  name: string;
  /** What it is about. */
  overview: string;
  /** The day of its first broadcast; empty: not known (YYYY-MM-DD or empty). */
  airDate: string;
  /** Its length in minutes (>= 0). */
  runtime?: Integer;
  /** Path of a still at TMDB. */
  stillPath?: string;
}

export interface GenreFacts {
  /** The genre's id at TMDB, its natural key (>= 1). */
  tmdbId: Integer;
  /** Its name (something in it can be seen). */
  name: string;
}

export interface GenreName {
  /** Row id of the translation. */
  id: Integer;
  /** The language of the name (ISO 639-1, two letters). */
  language: string;
  /** The name in this language; may be empty. */
  name: string;
}

export interface SourceFacts {
  /** Row id of the movie (of the table movies). */
  movieId: Integer;
  /** What picture it has, such as 1080p. */
  quality: string;
  /** What it was made from, such as web or bluray. */
  type: string;
  /** Its size in bytes (>= 0). */
  size: Integer;
  /** The magnet link by which it is found. */
  magnetUri: string;
  /** The torrent's info hash, its natural key: version 1 has 40 digits, version 2 has 64 (40 or 64 hex digits). */
  infoHash: string;
  /** The language that is spoken in it (ISO 639-1, two letters). */
  language: string;
  /** What the release calls itself (something in it can be seen). */
  title: string;
  /** The info hash of its other version, when the torrent is a hybrid and that is known (40 or 64 hex digits). */
  otherHash?: string;
}

export interface Swarm {
  /** How many peers have all of it (>= 0). */
  seeds: Integer;
  /** How many peers load it (>= 0). */
  peers: Integer;
  /** When it was seen so (RFC 3339). */
  lastSeen: Time;
  /** How good a source it is, 0 to 10, by the formula of the time of the event (0 to 10). */
  score: number;
}

export interface StorageStart {
  /** The info hash of the source that is loaded, the download's natural key (40 or 64 hex digits). */
  infoHash: string;
  /** How it stands. */
  status: DownloadStatus;
}

export interface Transfer {
  /** How much of it is here: 0 to 1 (0 to 1). */
  downloadProgress: number;
  /** How much of it was given to others: 0 to 1 (0 to 1). */
  uploadProgress: number;
  /** How many peers take part (>= 0). */
  peers: Integer;
  /** Bytes of it that are here (>= 0). */
  downloaded: Integer;
  /** Bytes that were given (>= 0). */
  uploaded: Integer;
  /** What the bridge is at. */
  phase?: TransferPhase;
  /** Bytes of the main file that can be read from its beginning on (>= 0). */
  readable?: Integer;
}

export interface StorageStatus {
  /** How it stands now. */
  status: DownloadStatus;
  /** Why it failed, for people (something in it can be seen). */
  failure?: string;
  /** When it failed (RFC 3339). */
  failedAt?: Time;
}

export interface UserFacts {
  /** The user's name, which nobody else has (nothing in it that cannot be seen, no white space at an end). */
  username: string;
  /** What the user may do. */
  role: Role;
  /** Whether the user may do anything at all. */
  isActive: boolean;
}

export interface Password {}

export interface UserRole {
  /** What the user may do now. */
  role: Role;
}

export interface UserActive {
  /** Whether the user may do anything at all, now. */
  isActive: boolean;
}

export interface TokenFacts {
  /** Row id of the token. */
  id: Integer;
  /** Until when it is good (RFC 3339). */
  expiresAt: Time;
}

export interface TraktFacts {
  /** Row id of the link. */
  id: Integer;
  /** The user's name at Trakt (something in it can be seen). */
  username: string;
  /** Until when the access token is good (RFC 3339). */
  expiresAt: Time;
}

export interface ListFacts {
  /** The list's name (something in it can be seen). */
  name: string;
  /** What it is for; may be empty. */
  description: string;
  /** Whether others may see it. */
  isPublic: boolean;
}

export interface MovieId {
  /** Row id of the movie (of the table movies). */
  movieId: Integer;
}

export interface TvShowId {
  /** Row id of the show (of the table tv_shows). */
  tvShowId: Integer;
}

export interface SyncFacts {
  /** Which background task it is of, its natural key (something in it can be seen). */
  key: string;
  /** When the task ran last (RFC 3339). */
  lastSync: Time;
  /** Any text that the task wants back. */
  data: string;
}

export interface AuditFacts {
  /** Row id of the user that it is about; absent: of nobody (of the table users). */
  userId?: Integer;
  /** What was done. */
  action: AuditAction;
  /** What it was done to, such as a path. */
  resource?: string;
  /** How grave it is. */
  severity: AuditSeverity;
  /** What else is known of it, as a JSON text (a JSON text, nested at most 1,000 deep). */
  metadata?: string;
  /** The network address that it came from. */
  ipAddress?: string;
  /** The program that it came from. */
  userAgent?: string;
}

export interface StoragePlace {
  /** The directory that its files are in, and no others (something in it can be seen). */
  directory?: string;
  /** Path of the file that is played, within the directory (something in it can be seen). */
  mainFile?: string;
  /** Its size in bytes (>= 0). */
  mainFileSize?: Integer;
  /** Bytes of all the torrent's files, as the torrent itself says (>= 0). */
  totalSize?: Integer;
}

export interface StoragePhase {
  /** What the bridge is at. */
  phase?: TransferPhase;
}

export interface StorageAccess {
  /** When it was played last (RFC 3339). */
  lastAccess?: Time;
}

export interface Events {
  /** A movie is new, or its facts are others now. */
  movieDescribed: MovieFacts;
  /** A movie has another popularity or rating. */
  movieRated: Ratings;
  /** A movie has these genres now, and no others. */
  movieGenresAssigned: Genres;
  /** A movie is gone, with its translations, genre links and list entries. */
  movieRemoved: null;
  /** A movie's texts in a language are new, or others now. */
  movieTranslated: TitleTranslation;
  /** A movie's texts in a language are gone. */
  movieTranslationRemoved: RowId;
  /** A show is new, or its facts are others now. */
  tvShowDescribed: TvShowFacts;
  /** A show has another popularity or rating. */
  tvShowRated: Ratings;
  /** A show has these genres now, and no others. */
  tvShowGenresAssigned: Genres;
  /** A show is gone, with its translations, genre links and list entries. */
  tvShowRemoved: null;
  /** A show's texts in a language are new, or others now. */
  tvShowTranslated: NameTranslation;
  /** A show's texts in a language are gone. */
  tvShowTranslationRemoved: RowId;
  /** A season is new, or its facts are others now. */
  seasonDescribed: SeasonFacts;
  /** A season is gone; its episodes went before, each with an event of its own. */
  seasonRemoved: null;
  /** An episode is new, or its facts are others now. */
  episodeDescribed: EpisodeFacts;
  /** An episode is gone. */
  episodeRemoved: null;
  /** A genre is new, or its name is another now. */
  genreDescribed: GenreFacts;
  /** A genre is gone, with its translations. */
  genreRemoved: null;
  /** A genre's name in a language is new, or another now. */
  genreTranslated: GenreName;
  /** A genre's name in a language is gone. */
  genreTranslationRemoved: RowId;
  /** A movie has a new torrent source. */
  movieSourceAdded: SourceFacts;
  /** A source was seen with so many seeds and peers, and scored anew. */
  swarmObserved: Swarm;
  /** A source was scored anew by another formula; what was seen stays. */
  movieSourceRescored: Swarm;
  /** A source is gone. */
  movieSourceRemoved: null;
  /** The download of a source was started, with nothing transferred. */
  downloadStarted: StorageStart;
  /** A transfer is so far. */
  transferReported: Transfer;
  /** A transfer's report moved the download's status on. */
  downloadStatusReported: StorageStatus;
  /** A download was paused. */
  downloadPaused: StorageStatus;
  /** A paused or failed download goes on. */
  downloadResumed: StorageStatus;
  /** A download failed. */
  downloadFailed: StorageStatus;
  /** A download's record is gone. */
  storageRemoved: null;
  /** A user is new. */
  userRegistered: UserFacts;
  /** A user has another password. */
  passwordChanged: Password;
  /** A user has another role. */
  roleAssigned: UserRole;
  /** A user is active now. */
  userActivated: UserActive;
  /** A user is inactive now; refresh tokens go with events of their own. */
  userDeactivated: UserActive;
  /** A user is gone; tokens and the Trakt link went before, each with an event of its own. */
  userRemoved: null;
  /** A user has a new refresh token. */
  refreshTokenIssued: TokenFacts;
  /** A refresh token is gone. */
  refreshTokenRevoked: RowId;
  /** A refresh token is gone, for its time was over. */
  refreshTokenExpired: RowId;
  /** A user is linked with a Trakt account, or with another. */
  traktLinked: TraktFacts;
  /** A Trakt link has other tokens. */
  traktRefreshed: TraktFacts;
  /** A user's Trakt link is gone. */
  traktUnlinked: RowId;
  /** A list is new. */
  mediaListCreated: ListFacts;
  /** A list's name, description or visibility is another. */
  mediaListRevised: ListFacts;
  /** A list is gone, with its entries. */
  mediaListRemoved: null;
  /** A movie is on the list now. */
  movieListed: MovieId;
  /** A show is on the list now. */
  tvShowListed: TvShowId;
  /** A movie is off the list. */
  movieDelisted: MovieId;
  /** A show is off the list. */
  tvShowDelisted: TvShowId;
  /** A background task's state is new, or another now. */
  syncRecorded: SyncFacts;
  /** Something was done that the audit trail keeps. */
  auditRecorded: AuditFacts;
  /** An audit row is gone, for it was old. */
  auditLogPurged: null;
  /** A source's facts are others now, of the same torrent. */
  movieSourceCorrected: SourceFacts;
  /** It is known where a download's files are, and how large. */
  storagePlaced: StoragePlace;
  /** What is on the disk is to be compared with the torrent, so less may be here than was said. */
  recheckStarted: StoragePhase;
  /** A download was played. */
  storageTouched: StorageAccess;
  /** A download's record is gone, and its files are to be deleted. */
  storageDiscarded: null;
}

/** What happened: exactly one member; none where the header says withheldBytes. */
export type Event = OneOf<Events>;

/** One event as the feed, the replay socket and `catlog log` give it. */
export interface EventRecord {
  /** Of this event: 1, 2, 3, .. without gaps over the whole log. */
  position: Integer;
  /** When it was judged (RFC 3339). */
  recordedAt: Time;
  /** Of the command that caused it (a UUID). */
  commandId: string;
  /** SHA-256 of the command in canonical form (hex digits). */
  commandDigest: string;
  /** Row id of the thing whose stream it is in. */
  streamId: Integer;
  /** How many events the stream has with this one: what expectedVersion is compared with. */
  streamVersion: Integer;
  /** Position of the stream's previous event; 0: this is its first. */
  previousInStream: Integer;
  /** This is event `index` (from 0) of the `count` that were committed for one message. */
  index: number;
  /** How many events were committed for one message: a command, or a whole batch. */
  count: number;
  /** What kind of thing the stream is of. */
  stream: Entity;
  /** The command's. */
  correlationId?: string;
  /** The command's. */
  causationId?: string;
  /** The command's. */
  actor?: RecordedActor;
  /** Of the batch that the command came in; absent: it came by itself. */
  batch?: BatchMark;
  /** Row id of what the command was about, as its receipt says; absent: nothing in particular. */
  subjectId?: Integer;
  /** What kind of thing the command was about. */
  subject?: Entity;
  /** What happened. */
  event: Event;
  /** Who sent it, as the bus knows them: the name of a key, or uid:1000 for a user of the daemon's machine; absent: keys were not asked for. */
  sender?: string;
}

export interface Names {
  /** The movie whose stream it is in, or that `movieId` names. */
  movie?: RecordedMovieRef;
  /** The show whose stream it is in, or that `tvShowId` names. */
  tvShow?: RecordedTvShowRef;
  /** The season whose stream it is in, or that `seasonId` names. */
  season?: RecordedSeasonRef;
  /** The episode whose stream it is in. */
  episode?: RecordedEpisodeRef;
  /** The genre whose stream it is in. */
  genre?: RecordedGenreRef;
  /** The genres that `genreIds` names, in its order; absent where there are more than 256. */
  genres?: RecordedGenreRef[];
  /** The source whose stream it is in. */
  source?: RecordedSourceRef;
  /** The download whose stream it is in. */
  storage?: RecordedStorageRef;
  /** The user whose stream it is in, or that `userId` names. */
  user?: RecordedUserRef;
  /** The user that the record's `actor` names. */
  actor?: RecordedUserRef;
  /** Of a translation that is gone: in which language it was; absent where that was said more than 128 events of its stream ago. */
  language?: string;
}

/** The header of an event in the feed. */
export interface ChangeHeader {
  /** Which log it is a position in; another one than before: begin anew. */
  logId: string;
  /** Of this event: 1, 2, 3, .. without gaps over the whole log. */
  position: Integer;
  /** Position of the previous event of this kind of stream; 0: none. */
  previousInTable: Integer;
  /** Position of the previous event of this stream; 0: none. */
  previousInStream: Integer;
  /** Of the command that caused it. */
  commandId: string;
  /** Only when the payload would be longer than a frame may be: how long. It has no event then. */
  withheldBytes?: Integer;
  /** The name of what happened, such as movieRated; absent when this version knows no name for it. */
  event?: string;
  /** How many events the stream has with this one: what expectedVersion is compared with. */
  streamVersion: Integer;
  /** The command's; absent when it had none. */
  correlationId?: string;
  /** Who sent the command, as the bus knows them; absent: keys were not asked for. */
  sender?: string;
  /** By what is known outside what the event names by row id. */
  names?: Names;
}

export interface TablePosition {
  /** A kind of stream, as its table is called. */
  table: string;
  /** Of the last event of this kind that was sent. */
  position: Integer;
}

/** How far the feed is, once a second. */
export interface Head {
  /** Which log it is a position in. */
  logId: string;
  /** Of the last event that was sent, which the read model has. */
  position: Integer;
  /** The last one of each kind of stream. */
  tables: TablePosition[];
}

export interface ReplayAnswerChunk {
  /** Where to read on: all that match and stand before it were sent. */
  next: Integer;
  /** How many follow. */
  events: Integer;
  /** Whether the log held nothing from `next` on. */
  atHead: boolean;
  /** Of the event in front of `next`, for the next request; absent when that is position 1. */
  lastCommandId?: string;
}

export interface LogStatus {
  /** The log's id. */
  logId: string;
  /** Position of its last event; 0: there is none. */
  head: Integer;
  /** Of its last event (RFC 3339). */
  recordedAt?: Time;
  /** The Merkle root over all records up to the head, in hex. */
  root: string;
}

export interface ReplayAnswerWaited {
  /** Whether it has the position; false: not yet, ask again. */
  isThere: boolean;
  /** Up to which it has the log. */
  position: Integer;
  /** Which log it is a position in. */
  logId: string;
}

export interface ReplayAnswers {
  /** Events follow, three frames each: topic, header, payload. */
  chunk: ReplayAnswerChunk;
  /** How the log stands. */
  status: LogStatus;
  /** Why nothing is sent, and what to do. */
  refused: string;
  /** How far the read model is. */
  waited: ReplayAnswerWaited;
}

/** The answer of the replay socket. */
export type ReplayAnswer = OneOf<ReplayAnswers>;

export interface GroupAnswerJoined {
  /** The log's id. */
  logId: string;
  /** Up to which position everything is dealt with or set aside. */
  cursor: Integer;
  /** How many there are, with this one. */
  members: Integer;
}

export interface RecordedGroupDelivery {
  /** Of an event that was handed out. */
  position: Integer;
  /** Which time it was handed out: 1, 2, ... */
  try: Integer;
}

export interface GroupAnswerWork {
  /** What is handed out, in the order of positions. */
  deliveries: RecordedGroupDelivery[];
  /** How long the member may say nothing from now on. */
  ackMs: Integer;
}

export interface GroupAnswerDone {
  /** Which of them are not the member's any more, or were not. */
  late?: RecordedGroupDelivery[];
}

export interface GroupAnswerRefused {
  /** Why, for programs. */
  code: GroupRefusalCode;
  /** Why, and what to do, for people. */
  message: string;
}

export interface GroupAnswers {
  /** The member is one of the group's. */
  joined: GroupAnswerJoined;
  /** Three frames follow for each: topic, header, payload. */
  work: GroupAnswerWork;
  /** It is on the disk. */
  done: GroupAnswerDone;
  /** Nothing was done. */
  refused: GroupAnswerRefused;
}

/** The answer to a group's member. */
export type GroupAnswer = OneOf<GroupAnswers>;

/** Every command: what it does, and who may send it. */
export const commands = {
  putMovie: { says: 'Creates the movie with this `tmdbId` or brings its facts, ratings and genres up to date; needs title (not blank), overview, releaseDate, poster and backdrop (empty text where unknown); `notFound` when a genre is not there.', sentBy: 'services and admins' },
  rateMovie: { says: 'Sets a movie\'s popularity and rating, both finite and >= 0; `notFound` when the movie is not there.', sentBy: 'services and admins' },
  assignMovieGenres: { says: 'Replaces all genres of a movie by these (none: takes them all away); `notFound` when the movie or a genre is not there.', sentBy: 'services and admins' },
  removeMovie: { says: 'Deletes a movie with its translations, genre links and list entries; `restricted` while it has sources.', sentBy: 'services and admins' },
  putMovieTranslation: { says: 'Creates or brings up to date a movie\'s texts in one language (ISO 639-1; es-MX is cut to es); needs title and overview, which may be empty; `notFound` when the movie is not there.', sentBy: 'services and admins' },
  removeMovieTranslation: { says: 'Deletes a movie\'s texts in one language; `notFound` when the movie has none in it.', sentBy: 'services and admins' },
  putTvShow: { says: 'Creates the show with this `tmdbId` or brings its facts, ratings and genres up to date; needs name (not blank), overview, firstAirDate, poster, backdrop, status, tagline, type and inProduction; `invalid` when an episodeRunTime is not positive, `notFound` when a genre is not there.', sentBy: 'services and admins' },
  rateTvShow: { says: 'Sets a show\'s popularity and rating, both finite and >= 0; `notFound` when the show is not there.', sentBy: 'services and admins' },
  assignTvShowGenres: { says: 'Replaces all genres of a show by these (none: takes them all away); `notFound` when the show or a genre is not there.', sentBy: 'services and admins' },
  removeTvShow: { says: 'Deletes a show with its translations, genre links and list entries; `restricted` while it has seasons, unless `withSeasons` is true: then they and their episodes go first.', sentBy: 'services and admins' },
  putTvShowTranslation: { says: 'Creates or brings up to date a show\'s texts in one language (ISO 639-1; es-MX is cut to es); needs name and overview, which may be empty; `notFound` when the show is not there.', sentBy: 'services and admins' },
  removeTvShowTranslation: { says: 'Deletes a show\'s texts in one language; `notFound` when the show has none in it.', sentBy: 'services and admins' },
  putSeason: { says: 'Creates the season with this number of a show or brings it up to date; needs name (not blank), overview, airDate, episodeCount and poster; `notFound` when the show is not there.', sentBy: 'services and admins' },
  removeSeason: { says: 'Deletes a season with all its episodes; `notFound` when it is not there.', sentBy: 'services and admins' },
  putEpisode: { says: 'Creates the episode with this number of a season or brings it up to date; needs name (not blank), overview and airDate; `notFound` when the season is not there.', sentBy: 'services and admins' },
  removeEpisode: { says: 'Deletes an episode; `notFound` when it is not there.', sentBy: 'services and admins' },
  putGenre: { says: 'Creates the genre with this `tmdbId` or gives it this name (not blank).', sentBy: 'services and admins' },
  removeGenre: { says: 'Deletes a genre with its translations; `restricted` while a movie or a show has it.', sentBy: 'services and admins' },
  putGenreTranslation: { says: 'Creates or changes a genre\'s name in one language (ISO 639-1; es-MX is cut to es); `notFound` when the genre is not there.', sentBy: 'services and admins' },
  removeGenreTranslation: { says: 'Deletes a genre\'s name in one language; `notFound` when the genre has none in it.', sentBy: 'services and admins' },
  addMovieSource: { says: 'Adds a torrent to a movie and scores it; the infoHash is taken from the magnetUri; needs quality, type, size, language and title; `unchanged` when the movie has it already, by either hash of a hybrid, `duplicate` when another movie has it, `invalid` when the magnet names no infoHash or another one than given. Addresses of peers and DHT nodes and ranges of files are taken out of the link.', sentBy: 'services and admins' },
  observeSwarm: { says: 'Sets a source\'s seeds and peers (both >= 0) as seen at `lastSeen` (absent: now, if they changed) and scores it anew; `notFound` when the source is not there.', sentBy: 'services and admins' },
  rescoreSources: { says: 'Scores anew the sources with ids after `after` (absent: from the first), at most `limit` of them, with today\'s formula; `unchanged` when no score moves.', sentBy: 'services and admins' },
  removeMovieSource: { says: 'Deletes a source; `restricted` while a download is stored for it.', sentBy: 'services and admins' },
  startDownload: { says: 'Starts the download of a source with status downloading and nothing transferred; `notFound` when the source is not there, `duplicate` when its download is there already.', sentBy: 'services, admins and users' },
  reportTransfer: { says: 'Records how far a transfer is: both progresses (0..1), peers, bytes, phase, its status if that moved on, and where its files are; `invalid` when the status cannot follow the present one (downloading, completed, seeding is the way), when less is here than before without a recheck, or more than there is.', sentBy: 'services, on nobody\'s behalf' },
  pauseDownload: { says: 'Pauses a download that is downloading or seeding; one that is paused is `unchanged`, any other `invalid`.', sentBy: 'services, admins and users' },
  resumeDownload: { says: 'Takes up a paused or failed download where it was; one that goes on already is `unchanged`, any other `invalid`.', sentBy: 'services, admins and users' },
  failDownload: { says: 'Marks a download as failed (status error), whatever it was doing, and says why; one that failed already for this reason is `unchanged`.', sentBy: 'services, on nobody\'s behalf' },
  removeStorage: { says: 'Deletes the record of a download, so that its source may be removed; its files stay unless `withData` is true; `notFound` when it is not there.', sentBy: 'services, admins and users' },
  registerUser: { says: 'Registers a user; needs a username nobody has and a bcrypt passwordHash (never a plain password); role is user and isActive true when absent; `duplicate` when the name is taken.', sentBy: 'services and admins' },
  changePassword: { says: 'Gives a user another bcrypt passwordHash; `invalid` when it is not one, `notFound` when the user is not there.', sentBy: 'services, admins, and users and guests for themselves' },
  assignRole: { says: 'Gives a user the role guest, user or admin; `notFound` when the user is not there.', sentBy: 'services and admins' },
  activateUser: { says: 'Makes a user active; `unchanged` when the user is already.', sentBy: 'services and admins' },
  deactivateUser: { says: 'Makes a user inactive and revokes all the user\'s refresh tokens; `unchanged` when the user is already.', sentBy: 'services and admins' },
  removeUser: { says: 'Deletes a user with all refresh tokens and the Trakt link; the user\'s audit rows stay without a user.', sentBy: 'services and admins' },
  issueRefreshToken: { says: 'Records a refresh token of a user, of which only the digest is kept; needs token and expiresAt; `inactiveUser` when the user is inactive, `duplicate` when the token is known.', sentBy: 'services, admins, and users and guests for themselves' },
  revokeRefreshToken: { says: 'Deletes a refresh token; `notFound` when it is not there.', sentBy: 'services, admins, and users and guests for themselves' },
  expireRefreshTokens: { says: 'Deletes refresh tokens that expire by this time (absent: now), up to 1,000; send it again until it is `unchanged`.', sentBy: 'services and admins' },
  linkTrakt: { says: 'Links a user to a Trakt account or replaces the link; needs username, accessToken, refreshToken and expiresAt; the tokens are sealed under the user\'s key before they are stored.', sentBy: 'services, admins, and users for themselves' },
  refreshTrakt: { says: 'Replaces both tokens of a user\'s Trakt link and their expiresAt; `notFound` when the user has no link.', sentBy: 'services, admins, and users for themselves' },
  unlinkTrakt: { says: 'Deletes a user\'s Trakt link; `notFound` when the user has none.', sentBy: 'services, admins, and users for themselves' },
  createMediaList: { says: 'Creates a list of titles; needs name (not blank) and description (may be empty); it is private unless isPublic is true.', sentBy: 'services, admins and users' },
  reviseMediaList: { says: 'Changes a list\'s name, description and isPublic; `notFound` when the list is not there.', sentBy: 'services, admins and users' },
  removeMediaList: { says: 'Deletes a list with its entries, not the titles; `notFound` when it is not there.', sentBy: 'services, admins and users' },
  listTitle: { says: 'Puts one movie or one show on a list; `unchanged` when it is on it already, `notFound` when the list or the title is not there, `invalid` unless exactly one of movie and tvShow is given.', sentBy: 'services, admins and users' },
  delistTitle: { says: 'Takes one movie or one show off a list; `invalid` unless exactly one of movie and tvShow is given.', sentBy: 'services, admins and users' },
  recordSync: { says: 'Creates or brings up to date the state of the background task with this key; needs key and lastSync; `data` is any text the task wants back.', sentBy: 'services and admins' },
  recordAudit: { says: 'Appends an audit row; needs action and severity; user, resource, metadata (a JSON text), ipAddress and userAgent are optional; `notFound` when the user named is not there.', sentBy: 'services and admins' },
  purgeAuditLogs: { says: 'Deletes audit rows that were written before this time, of this severity (absent: of any), the oldest 1,000; needs `before`; send it again until it is `unchanged`.', sentBy: 'services and admins' },
  batch: { says: 'Judges several commands as one: all are accepted or all refused, later ones see earlier ones, and each has its own id and receipt; `invalid` when one of them is a batch.', sentBy: 'services, admins, and users and guests for themselves' },
  lookUp: { says: 'Changes nothing: the receipt is `unchanged` with the thing\'s row id and version, and in `found` all by which it is known, as it is after the commands before; `notFound` when it is not there, `invalid` in a batch.', sentBy: 'services and admins' },
  correctMovieSource: { says: 'Gives a source another quality, type, size, language, title or magnetUri, and scores it anew; what is left out stays; `invalid` when the magnet names another torrent, `notFound` when the source is not there.', sentBy: 'services and admins' },
  recheckDownload: { says: 'Asks for what is on the disk to be compared with the torrent; until that is reported, less may be here than before; one that failed is looked at when it is resumed; `unchanged` while it goes on.', sentBy: 'services, admins and users' },
  touchStorage: { says: 'Says that a download is played, which is recorded as its lastAccess; `unchanged` within ten minutes of the last time.', sentBy: 'services, admins and users' },
} as const satisfies Record<keyof Commands, unknown>;

/** Every event: what happened, and under which topics it comes. */
export const events = {
  movieDescribed: { says: 'A movie is new, or its facts are others now', stream: 'movies' },
  movieRated: { says: 'A movie has another popularity or rating', stream: 'movies' },
  movieGenresAssigned: { says: 'A movie has these genres now, and no others', stream: 'movies' },
  movieRemoved: { says: 'A movie is gone, with its translations, genre links and list entries', stream: 'movies' },
  movieTranslated: { says: 'A movie\'s texts in a language are new, or others now', stream: 'movies' },
  movieTranslationRemoved: { says: 'A movie\'s texts in a language are gone', stream: 'movies' },
  tvShowDescribed: { says: 'A show is new, or its facts are others now', stream: 'tv_shows' },
  tvShowRated: { says: 'A show has another popularity or rating', stream: 'tv_shows' },
  tvShowGenresAssigned: { says: 'A show has these genres now, and no others', stream: 'tv_shows' },
  tvShowRemoved: { says: 'A show is gone, with its translations, genre links and list entries', stream: 'tv_shows' },
  tvShowTranslated: { says: 'A show\'s texts in a language are new, or others now', stream: 'tv_shows' },
  tvShowTranslationRemoved: { says: 'A show\'s texts in a language are gone', stream: 'tv_shows' },
  seasonDescribed: { says: 'A season is new, or its facts are others now', stream: 'seasons' },
  seasonRemoved: { says: 'A season is gone; its episodes went before, each with an event of its own', stream: 'seasons' },
  episodeDescribed: { says: 'An episode is new, or its facts are others now', stream: 'episodes' },
  episodeRemoved: { says: 'An episode is gone', stream: 'episodes' },
  genreDescribed: { says: 'A genre is new, or its name is another now', stream: 'genres' },
  genreRemoved: { says: 'A genre is gone, with its translations', stream: 'genres' },
  genreTranslated: { says: 'A genre\'s name in a language is new, or another now', stream: 'genres' },
  genreTranslationRemoved: { says: 'A genre\'s name in a language is gone', stream: 'genres' },
  movieSourceAdded: { says: 'A movie has a new torrent source', stream: 'movie_sources' },
  swarmObserved: { says: 'A source was seen with so many seeds and peers, and scored anew', stream: 'movie_sources' },
  movieSourceRescored: { says: 'A source was scored anew by another formula; what was seen stays', stream: 'movie_sources' },
  movieSourceRemoved: { says: 'A source is gone', stream: 'movie_sources' },
  downloadStarted: { says: 'The download of a source was started, with nothing transferred', stream: 'storage' },
  transferReported: { says: 'A transfer is so far', stream: 'storage' },
  downloadStatusReported: { says: 'A transfer\'s report moved the download\'s status on', stream: 'storage' },
  downloadPaused: { says: 'A download was paused', stream: 'storage' },
  downloadResumed: { says: 'A paused or failed download goes on', stream: 'storage' },
  downloadFailed: { says: 'A download failed', stream: 'storage' },
  storageRemoved: { says: 'A download\'s record is gone', stream: 'storage' },
  userRegistered: { says: 'A user is new', stream: 'users' },
  passwordChanged: { says: 'A user has another password', stream: 'users' },
  roleAssigned: { says: 'A user has another role', stream: 'users' },
  userActivated: { says: 'A user is active now', stream: 'users' },
  userDeactivated: { says: 'A user is inactive now; refresh tokens go with events of their own', stream: 'users' },
  userRemoved: { says: 'A user is gone; tokens and the Trakt link went before, each with an event of its own', stream: 'users' },
  refreshTokenIssued: { says: 'A user has a new refresh token', stream: 'users' },
  refreshTokenRevoked: { says: 'A refresh token is gone', stream: 'users' },
  refreshTokenExpired: { says: 'A refresh token is gone, for its time was over', stream: 'users' },
  traktLinked: { says: 'A user is linked with a Trakt account, or with another', stream: 'users' },
  traktRefreshed: { says: 'A Trakt link has other tokens', stream: 'users' },
  traktUnlinked: { says: 'A user\'s Trakt link is gone', stream: 'users' },
  mediaListCreated: { says: 'A list is new', stream: 'media_lists' },
  mediaListRevised: { says: 'A list\'s name, description or visibility is another', stream: 'media_lists' },
  mediaListRemoved: { says: 'A list is gone, with its entries', stream: 'media_lists' },
  movieListed: { says: 'A movie is on the list now', stream: 'media_lists' },
  tvShowListed: { says: 'A show is on the list now', stream: 'media_lists' },
  movieDelisted: { says: 'A movie is off the list', stream: 'media_lists' },
  tvShowDelisted: { says: 'A show is off the list', stream: 'media_lists' },
  syncRecorded: { says: 'A background task\'s state is new, or another now', stream: 'sync_states' },
  auditRecorded: { says: 'Something was done that the audit trail keeps', stream: 'audit_logs' },
  auditLogPurged: { says: 'An audit row is gone, for it was old', stream: 'audit_logs' },
  movieSourceCorrected: { says: 'A source\'s facts are others now, of the same torrent', stream: 'movie_sources' },
  storagePlaced: { says: 'It is known where a download\'s files are, and how large', stream: 'storage' },
  recheckStarted: { says: 'What is on the disk is to be compared with the torrent, so less may be here than was said', stream: 'storage' },
  storageTouched: { says: 'A download was played', stream: 'storage' },
  storageDiscarded: { says: 'A download\'s record is gone, and its files are to be deleted', stream: 'storage' },
} as const satisfies Record<keyof Events, unknown>;

/** Limits that a client runs into. */
export const limits = {
  /** of a command's body; more is `tooLarge`. */
  commandBytes: 1048576,
  /** of a command written out, in a batch of each one; more is `tooLarge`. */
  canonicalBytes: 2097152,
  /** of any frame; beyond, the connection is cut and no reply comes. */
  frameBytes: 16777216,
  /** of a tag. */
  tagBytes: 256,
  /** of correlationId, causationId and the actor's texts, each. */
  envelopeTextBytes: 1024,
  /** levels of objects and lists within each other. */
  jsonDepth: 64,
  /** commands in a batch. */
  batchCommands: 10000,
  /** commands in a pack. */
  packCommands: 256,
  /** of a pack's commands together. */
  packBytes: 1048576,
  /** commands of one client that are not answered yet. */
  commandsUnanswered: 1024,
  /** of a replay request's body. */
  replayRequestBytes: 65536,
  /** replay requests of one client that are not answered yet. */
  replaysUnanswered: 4,
  /** requests of all clients that wait for a position at one time; one more is answered at once. */
  waiters: 1024,
  /** milliseconds that a request may wait for a position. */
  waitMs: 30000,
  /** names of groups. */
  groups: 64,
  /** members of a group. */
  groupMembers: 64,
  /** events that a member holds, and that one fetch gets. */
  groupEventsHeld: 1000,
  /** events that all members of a group hold together. */
  groupEventsOut: 2048,
  /** events of a group that are set aside. */
  groupEventsAside: 1000,
  /** milliseconds that a fetch may wait. */
  groupWaitMs: 10000,
  /** group requests of one client that are not answered yet. */
  groupRequestsUnanswered: 16,
  /** events in a chunk, whatever its request's `limit` says. */
  eventsPerChunk: 4096,
  /** topics in a replay request. */
  topicsPerRequest: 256,
  /** of a replay request's topic. */
  topicBytes: 64,
  /** of a subscription to the feed. */
  subscriptionBytes: 1024,
  /** subscriptions of a connection, with those that were taken back. */
  subscriptions: 2048,
  /** of these together; beyond, the connection is cut. */
  subscriptionsBytes: 16384,
  /** frames of a message; beyond, the connection is cut. */
  messageFrames: 1024,
  /** of a message's frames together; beyond, the connection is cut. */
  messageBytes: 16842752,
  /** connections to all endpoints. */
  connections: 8192,
  /** of commands a second, of one key; more are `busy`. */
  bytesPerSecondOfKey: 33554432,
  /** connections whose handshake is not over; beyond, the one that began first is cut. */
  halfOpen: 1024,
  /** milliseconds that a connection's handshake may take. */
  handshakeMs: 10000,
} as const;
