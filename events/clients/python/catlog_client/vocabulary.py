"""What is said on catlog's bus, as types.

Written by `catlog schema --python` from catlog's declaration; changes made here are lost.
"""
from __future__ import annotations

from typing import Final, List, Literal, NotRequired, Optional, TypedDict, Union, final

# An integer of 64 bits: a number up to 2^53 either way, beyond that its digits as text.
Integer = Union[int, str]
# A time by RFC 3339, with Z or an offset, up to six decimals: "2026-01-15T10:30:00Z".
Time = str

DownloadStatus = Literal[
    "downloading",  # It is being loaded.
    "completed",  # All of it is here.
    "seeding",  # All of it is here and given to others.
    "paused",  # Somebody stopped it for a while.
    "error",  # It failed.
]

TransferPhase = Literal[
    "metadata",  # It waits for the torrent's own description, which a magnet link lacks.
    "queued",  # It waits until others are done.
    "checking",  # What is on the disk is compared with the torrent.
    "downloading",  # Bytes come.
    "stalled",  # It would load, but nobody gives.
    "seeding",  # All of it is here and given to who asks.
    "idle",  # Nothing is done with it.
]

Role = Literal[
    "guest",  # Changes only its own tokens and password.
    "user",  # What a guest may, and lists, downloads and its own Trakt link.
    "admin",  # Everything.
]

AuditAction = Literal[
    "LOGIN",
    "LOGOUT",
    "LOGIN_FAILURE",
    "PASSWORD_CHANGE",
    "PASSWORD_RESET_REQUEST",
    "PASSWORD_RESET_COMPLETE",
    "TOKEN_REFRESH",
    "TOKEN_INVALIDATION",
    "UNAUTHORIZED_ACCESS",
    "USER_CREATION",
    "USER_UPDATE",
    "USER_DELETION",
    "ROLE_CHANGE",
    "API_ACCESS",
    "API_ERROR",
    "CONFIGURATION_CHANGE",
    "SECURITY_SETTING_CHANGE",
    "SUSPICIOUS_ACTIVITY",
    "RATE_LIMIT_EXCEEDED",
    "IP_BLOCKED",
    "IP_UNBLOCKED",
    "OTHER",
]

AuditSeverity = Literal[
    "INFO",
    "WARNING",
    "ERROR",
    "CRITICAL",
]

RefusalCode = Literal[
    "malformed",  # Not a command: broken JSON, unknown field, wrong kind of value, wrong frames. Send it again after mending it.
    "tooLarge",  # Over 1 MiB, or 2 MiB written out. Send it in parts.
    "notFound",  # Something it names is not there. Send it again after creating that.
    "duplicate",  # Another thing has this natural key. Do not send it again.
    "versionConflict",  # The thing changed meanwhile, or exists with expectedVersion 0. Send it again after reading the thing anew.
    "restricted",  # Something else needs what would be removed, the command does too much at once, or the user's sealing key is damaged. Send it again after removing that, or once an operator has brought the key back.
    "invalid",  # A value breaks a rule; `field` names it. Send it again after mending it.
    "inactiveUser",  # The user is not active. Send it again after activating.
    "forbidden",  # The actor, or the key that it was sent with, may not do this. Do not send it again.
    "commandIdReused",  # The id was accepted with another body. Send it with an id of its own.
    "storageFull",  # The disk is full; it was not judged. Send it again later, as it is.
    "busy",  # Too much is waiting; it was not judged. Send it again later, as it is.
    "outOfOrder",  # One before it in its session has not come; it was not looked at, and the receipt has no `id`. Send all before it again first.
    "tooLate",  # Its session has passed its number; under that it changed nothing and never will. Send it again, with a new number, if it is still wanted.
    "batchRefused",  # Another command of its batch was refused; the message says which. Send it again with the batch, when that is mended.
    "notLeader",  # This machine of several does not write; it was not looked at, and the receipt has no `id`. Send it again, as it is, to the one that `leader` names.
]

Entity = Literal[
    "movie",
    "tvShow",
    "season",
    "episode",
    "movieSource",
    "storage",
    "user",
    "refreshToken",
    "traktUser",
    "mediaList",
    "genre",
    "genreTranslation",
    "movieTranslation",
    "tvShowTranslation",
    "syncState",
    "auditLog",
    "movieGenre",
    "tvShowGenre",
    "mediaListMovie",
    "mediaListTvShow",
]

GroupRefusalCode = Literal[
    "malformed",  # Not a request: broken JSON, unknown field, wrong frames.
    "invalid",  # A value breaks a rule, or the name has other topics.
    "notFound",  # There is no such name: join.
    "tooMany",  # There are as many names, or members of this one, as there can be.
    "historyChanged",  # The log is another one, or lost what the group has dealt with; an operator says from where to go on.
    "storageFull",  # The disk is full, and nothing was done; send it again later.
    "damaged",  # The file of the group cannot be used.
    "forbidden",  # The sender's role may not read the log.
]


class Actor(TypedDict):
    # Row id of the user on whose behalf it is done; absent: a service's own.
    userId: NotRequired[Optional[Integer]]
    # The network address of the user.
    ipAddress: NotRequired[Optional[str]]
    # The program of the user.
    userAgent: NotRequired[Optional[str]]


@final
class GenreRefWithId(TypedDict):
    id: Integer


@final
class GenreRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class GenreRefWithTmdbId(TypedDict):
    tmdbId: Integer


# Names one genre.
GenreRef = Union[
    GenreRefWithId,
    GenreRefWithCreatedBy,
    GenreRefWithTmdbId,
]


class PutMovie(TypedDict):
    # The movie's id at TMDB, its natural key (>= 1).
    tmdbId: Integer
    # Its title (something in it can be seen).
    title: str
    # What it is about.
    overview: str
    # The day of its first release; empty: not known (YYYY-MM-DD or empty).
    releaseDate: str
    # Path of its poster at TMDB; empty: none.
    poster: str
    # Path of its backdrop at TMDB; empty: none.
    backdrop: str
    # Its id at IMDb, such as tt1254207.
    imdbId: NotRequired[Optional[str]]
    # Its length in minutes (>= 0).
    runtime: NotRequired[Optional[Integer]]
    # What it cost, in US dollars (>= 0).
    budget: NotRequired[Optional[Integer]]
    # What it took, in US dollars (>= 0).
    revenue: NotRequired[Optional[Integer]]
    # How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0).
    popularity: NotRequired[Optional[float]]
    # The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0).
    rating: NotRequired[Optional[float]]
    # Its genres, all of them; absent: it keeps those it has.
    genres: NotRequired[Optional[List[GenreRef]]]


@final
class MovieRefWithId(TypedDict):
    id: Integer


@final
class MovieRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class MovieRefWithTmdbId(TypedDict):
    tmdbId: Integer


@final
class MovieRefWithImdbId(TypedDict):
    # Not a key: refused as `invalid` when several movies have it.
    imdbId: str


# Names one movie.
MovieRef = Union[
    MovieRefWithId,
    MovieRefWithCreatedBy,
    MovieRefWithTmdbId,
    MovieRefWithImdbId,
]


class RateMovie(TypedDict):
    movie: MovieRef
    # How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0).
    popularity: NotRequired[Optional[float]]
    # The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0).
    rating: NotRequired[Optional[float]]


class AssignMovieGenres(TypedDict):
    movie: MovieRef
    # Its genres from now on; empty: none.
    genres: List[GenreRef]


class RemoveMovie(TypedDict):
    movie: MovieRef


class PutMovieTranslation(TypedDict):
    movie: MovieRef
    # The language of these texts (ISO 639-1, two letters).
    language: str
    # The title in this language; may be empty.
    title: str
    # What it is about, in this language; may be empty.
    overview: str
    # Its tagline in this language (optional; when absent: empty).
    tagline: NotRequired[Optional[str]]


class RemoveMovieTranslation(TypedDict):
    movie: MovieRef
    # Which of its translations: ISO 639-1, two letters.
    language: str


class PutTvShow(TypedDict):
    # The show's id at TMDB, its natural key (>= 1).
    tmdbId: Integer
    # Its name (something in it can be seen).
    name: str
    # What it is about.
    overview: str
    # The day of its first broadcast; empty: not known (YYYY-MM-DD or empty).
    firstAirDate: str
    # Path of its poster at TMDB; empty: none.
    poster: str
    # Path of its backdrop at TMDB; empty: none.
    backdrop: str
    # Its id at IMDb, such as tt0055662.
    imdbId: NotRequired[Optional[str]]
    # How it stands, in TMDB's words: Returning Series, Ended, Canceled and others.
    status: str
    # Its tagline; may be empty.
    tagline: str
    # What kind of show it is, in TMDB's words: Scripted, Documentary and others.
    type: str
    # Whether more of it is being made.
    inProduction: bool
    # How long its episodes are, in minutes (each > 0; optional; when absent: []).
    episodeRunTime: NotRequired[Optional[List[Integer]]]
    # How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0).
    popularity: NotRequired[Optional[float]]
    # The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0).
    rating: NotRequired[Optional[float]]
    # Its genres, all of them; absent: it keeps those it has.
    genres: NotRequired[Optional[List[GenreRef]]]


@final
class TvShowRefWithId(TypedDict):
    id: Integer


@final
class TvShowRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class TvShowRefWithTmdbId(TypedDict):
    tmdbId: Integer


# Names one tvShow.
TvShowRef = Union[
    TvShowRefWithId,
    TvShowRefWithCreatedBy,
    TvShowRefWithTmdbId,
]


class RateTvShow(TypedDict):
    tvShow: TvShowRef
    # How much it is looked at now, as TMDB counts it (>= 0; optional; when absent: as it was, or 0).
    popularity: NotRequired[Optional[float]]
    # The mean of its votes; at TMDB 0 to 10 (>= 0; optional; when absent: as it was, or 0).
    rating: NotRequired[Optional[float]]


class AssignTvShowGenres(TypedDict):
    tvShow: TvShowRef
    # Its genres from now on; empty: none.
    genres: List[GenreRef]


class RemoveTvShow(TypedDict):
    tvShow: TvShowRef
    # Whether its seasons and their episodes go with it (optional; when absent: false).
    withSeasons: NotRequired[Optional[bool]]


class PutTvShowTranslation(TypedDict):
    tvShow: TvShowRef
    # The language of these texts (ISO 639-1, two letters).
    language: str
    # The name in this language; may be empty.
    name: str
    # What it is about, in this language; may be empty.
    overview: str
    # Its tagline in this language (optional; when absent: empty).
    tagline: NotRequired[Optional[str]]


class RemoveTvShowTranslation(TypedDict):
    tvShow: TvShowRef
    # Which of its translations: ISO 639-1, two letters.
    language: str


class PutSeason(TypedDict):
    tvShow: TvShowRef
    # Its number within the show; 0: specials (>= 0).
    seasonNumber: Integer
    # Its name (something in it can be seen).
    name: str
    # What it is about.
    overview: str
    # The day of its first broadcast; empty: not known (YYYY-MM-DD or empty).
    airDate: str
    # How many episodes it is said to have (>= 0).
    episodeCount: Integer
    # Path of its poster at TMDB; empty: none.
    poster: str


@final
class SeasonRefWithId(TypedDict):
    id: Integer


@final
class SeasonRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class SeasonRefWithTvShowSeasonNumber(TypedDict):
    tvShow: TvShowRef
    seasonNumber: Integer


# Names one season.
SeasonRef = Union[
    SeasonRefWithId,
    SeasonRefWithCreatedBy,
    SeasonRefWithTvShowSeasonNumber,
]


class RemoveSeason(TypedDict):
    season: SeasonRef


class PutEpisode(TypedDict):
    season: SeasonRef
    # Its number within the season (>= 0).
    episodeNumber: Integer
    # Its name (something in it can be seen).
    name: str
    # What it is about.
    overview: str
    # The day of its first broadcast; empty: not known (YYYY-MM-DD or empty).
    airDate: str
    # Its length in minutes (>= 0).
    runtime: NotRequired[Optional[Integer]]
    # Path of a still at TMDB.
    stillPath: NotRequired[Optional[str]]


@final
class EpisodeRefWithId(TypedDict):
    id: Integer


@final
class EpisodeRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class EpisodeRefWithSeasonEpisodeNumber(TypedDict):
    season: SeasonRef
    episodeNumber: Integer


# Names one episode.
EpisodeRef = Union[
    EpisodeRefWithId,
    EpisodeRefWithCreatedBy,
    EpisodeRefWithSeasonEpisodeNumber,
]


class RemoveEpisode(TypedDict):
    episode: EpisodeRef


class PutGenre(TypedDict):
    # The genre's id at TMDB, its natural key (>= 1).
    tmdbId: Integer
    # Its name (something in it can be seen).
    name: str


class RemoveGenre(TypedDict):
    genre: GenreRef


class PutGenreTranslation(TypedDict):
    genre: GenreRef
    # The language of the name (ISO 639-1, two letters).
    language: str
    # The name in this language; may be empty.
    name: str


class RemoveGenreTranslation(TypedDict):
    genre: GenreRef
    # Which of its translations: ISO 639-1, two letters.
    language: str


class AddMovieSource(TypedDict):
    movie: MovieRef
    # What picture it has, such as 1080p.
    quality: str
    # What it was made from, such as web or bluray.
    type: str
    # Its size in bytes (>= 0).
    size: Integer
    # The magnet link by which it is found.
    magnetUri: str
    # The torrent's info hash, its natural key: version 1 has 40 digits, version 2 has 64 (40 or 64 hex digits; optional; when absent: the magnet's own).
    infoHash: NotRequired[Optional[str]]
    # The language that is spoken in it (ISO 639-1, two letters).
    language: str
    # What the release calls itself (something in it can be seen).
    title: str
    # How many peers have all of it (>= 0; optional; when absent: as it was, or 0).
    seeds: NotRequired[Optional[Integer]]
    # How many peers load it (>= 0; optional; when absent: as it was, or 0).
    peers: NotRequired[Optional[Integer]]
    # When it was seen so (RFC 3339, such as 2026-01-15T10:30:00Z; optional; when absent: the time of the command, if seeds or peers changed).
    lastSeen: NotRequired[Optional[Time]]


@final
class SourceRefWithId(TypedDict):
    id: Integer


@final
class SourceRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class SourceRefWithInfoHash(TypedDict):
    infoHash: str


# Names one movieSource.
SourceRef = Union[
    SourceRefWithId,
    SourceRefWithCreatedBy,
    SourceRefWithInfoHash,
]


class ObserveSwarm(TypedDict):
    source: SourceRef
    # How many peers have all of it (>= 0).
    seeds: Integer
    # How many peers load it (>= 0).
    peers: Integer
    # When it was seen so (RFC 3339, such as 2026-01-15T10:30:00Z; optional; when absent: the time of the command, if seeds or peers changed).
    lastSeen: NotRequired[Optional[Time]]


class RescoreSources(TypedDict):
    # Row id of the last source that is left out (optional; when absent: 0, from the first on).
    after: NotRequired[Optional[Integer]]
    # How many are looked at, 1 to 10,000 (optional; when absent: 1000).
    limit: NotRequired[Optional[Integer]]


class RemoveMovieSource(TypedDict):
    source: SourceRef


class StartDownload(TypedDict):
    source: SourceRef


@final
class StorageRefWithId(TypedDict):
    id: Integer


@final
class StorageRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class StorageRefWithInfoHash(TypedDict):
    infoHash: str


# Names one storage.
StorageRef = Union[
    StorageRefWithId,
    StorageRefWithCreatedBy,
    StorageRefWithInfoHash,
]


class ReportTransfer(TypedDict):
    storage: StorageRef
    # How it stands now (optional; when absent: as it was).
    status: NotRequired[Optional[DownloadStatus]]
    # How much of it is here: 0 to 1 (0 to 1).
    downloadProgress: float
    # How much of it was given to others: 0 to 1 (0 to 1).
    uploadProgress: float
    # How many peers take part (>= 0; optional; when absent: as it was, or 0).
    peers: NotRequired[Optional[Integer]]
    # Bytes of it that are here (>= 0; optional; when absent: as it was, or 0).
    downloaded: NotRequired[Optional[Integer]]
    # Bytes that were given (>= 0; optional; when absent: as it was, or 0).
    uploaded: NotRequired[Optional[Integer]]
    # What the bridge is at.
    phase: NotRequired[Optional[TransferPhase]]
    # Bytes of the main file that can be read from its beginning on (>= 0).
    readable: NotRequired[Optional[Integer]]
    # The directory that its files are in, and no others (something in it can be seen).
    directory: NotRequired[Optional[str]]
    # Path of the file that is played, within the directory (something in it can be seen).
    mainFile: NotRequired[Optional[str]]
    # Its size in bytes (>= 0).
    mainFileSize: NotRequired[Optional[Integer]]
    # Bytes of all the torrent's files, as the torrent itself says (>= 0).
    totalSize: NotRequired[Optional[Integer]]


class OnStorage(TypedDict):
    storage: StorageRef


class FailDownload(TypedDict):
    storage: StorageRef
    # Why it failed, for people: up to 1,024 bytes.
    reason: NotRequired[Optional[str]]


class RemoveStorage(TypedDict):
    storage: StorageRef
    # Whether its files are to be deleted (optional; when absent: false).
    withData: NotRequired[Optional[bool]]


class RegisterUser(TypedDict):
    # The user's name, which nobody else has (nothing in it that cannot be seen, no white space at an end).
    username: str
    # What bcrypt made of the password (a bcrypt string, never a plain password; secret: never shown).
    passwordHash: str
    # What the user may do (optional; when absent: user).
    role: NotRequired[Optional[Role]]
    # Whether the user may do anything at all (optional; when absent: true).
    isActive: NotRequired[Optional[bool]]


@final
class UserRefWithId(TypedDict):
    id: Integer


@final
class UserRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class UserRefWithUsername(TypedDict):
    username: str


# Names one user.
UserRef = Union[
    UserRefWithId,
    UserRefWithCreatedBy,
    UserRefWithUsername,
]


class ChangePassword(TypedDict):
    user: UserRef
    # What bcrypt made of the password (a bcrypt string, never a plain password; secret: never shown).
    passwordHash: str


class AssignRole(TypedDict):
    user: UserRef
    # What the user may do from now on.
    role: Role


class OnUser(TypedDict):
    user: UserRef


class IssueRefreshToken(TypedDict):
    user: UserRef
    # In a command the token itself; in the event and the table its SHA-256 in hex (something in it can be seen; secret: never shown).
    token: str
    # Until when it is good (RFC 3339, such as 2026-01-15T10:30:00Z).
    expiresAt: Time


@final
class TokenRefWithId(TypedDict):
    id: Integer


@final
class TokenRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


@final
class TokenRefWithToken(TypedDict):
    # secret: never shown.
    token: str


# Names one refreshToken.
TokenRef = Union[
    TokenRefWithId,
    TokenRefWithCreatedBy,
    TokenRefWithToken,
]


class RevokeRefreshToken(TypedDict):
    token: TokenRef


class ExpireRefreshTokens(TypedDict):
    # Tokens that expire by then are deleted (RFC 3339, such as 2026-01-15T10:30:00Z; optional; when absent: the time of the command).
    before: NotRequired[Optional[Time]]


class LinkTrakt(TypedDict):
    user: UserRef
    # The user's name at Trakt (something in it can be seen).
    username: str
    # In a command the token itself; in the event and the table sealed (something in it can be seen; secret: never shown).
    accessToken: str
    # In a command the token itself; in the event and the table sealed (something in it can be seen; secret: never shown).
    refreshToken: str
    # Until when the access token is good (RFC 3339, such as 2026-01-15T10:30:00Z).
    expiresAt: Time


class RefreshTrakt(TypedDict):
    user: UserRef
    # The token itself; it is sealed before it is kept (secret: never shown).
    accessToken: str
    # The token itself; it is sealed before it is kept (secret: never shown).
    refreshToken: str
    # Until when the access token is good (RFC 3339, such as 2026-01-15T10:30:00Z).
    expiresAt: Time


class CreateMediaList(TypedDict):
    # The list's name (something in it can be seen).
    name: str
    # What it is for; may be empty.
    description: str
    # Whether others may see it (optional; when absent: false).
    isPublic: NotRequired[Optional[bool]]


@final
class ListRefWithId(TypedDict):
    id: Integer


@final
class ListRefWithCreatedBy(TypedDict):
    # a UUID.
    createdBy: str


# Names one mediaList.
ListRef = Union[
    ListRefWithId,
    ListRefWithCreatedBy,
]


class ReviseMediaList(TypedDict):
    mediaList: ListRef
    # The list's name (something in it can be seen).
    name: str
    # What it is for; may be empty.
    description: str
    # Whether others may see it (optional; when absent: false).
    isPublic: NotRequired[Optional[bool]]


class RemoveMediaList(TypedDict):
    mediaList: ListRef


class OnListEntryFields(TypedDict):
    mediaList: ListRef


@final
class OnListEntryWithMovie(OnListEntryFields):
    movie: MovieRef


@final
class OnListEntryWithTvShow(OnListEntryFields):
    tvShow: TvShowRef


OnListEntry = Union[
    OnListEntryWithMovie,
    OnListEntryWithTvShow,
]


class RecordSync(TypedDict):
    # Which background task it is of, its natural key (something in it can be seen).
    key: str
    # When the task ran last (RFC 3339, such as 2026-01-15T10:30:00Z).
    lastSync: Time
    # Any text that the task wants back (optional; when absent: empty).
    data: NotRequired[Optional[str]]


class RecordAudit(TypedDict):
    # The user that it is about; absent: nobody.
    user: NotRequired[Optional[UserRef]]
    # What was done.
    action: AuditAction
    # What it was done to, such as a path.
    resource: NotRequired[Optional[str]]
    # How grave it is.
    severity: AuditSeverity
    # What else is known of it, as a JSON text (a JSON text, nested at most 1,000 deep).
    metadata: NotRequired[Optional[str]]
    # The network address that it came from.
    ipAddress: NotRequired[Optional[str]]
    # The program that it came from.
    userAgent: NotRequired[Optional[str]]


class PurgeAuditLogs(TypedDict):
    # Rows that were written before then are deleted (RFC 3339, such as 2026-01-15T10:30:00Z).
    before: Time
    # Only rows of this severity (optional; when absent: rows of any).
    severity: NotRequired[Optional[AuditSeverity]]


class Batch(TypedDict):
    # 1 to 10,000 commands, each with an id of its own, none of them a batch.
    commands: List[Command]


@final
class ThingWithMovie(TypedDict):
    movie: MovieRef


@final
class ThingWithTvShow(TypedDict):
    tvShow: TvShowRef


@final
class ThingWithSeason(TypedDict):
    season: SeasonRef


@final
class ThingWithEpisode(TypedDict):
    episode: EpisodeRef


@final
class ThingWithGenre(TypedDict):
    genre: GenreRef


@final
class ThingWithSource(TypedDict):
    source: SourceRef


@final
class ThingWithStorage(TypedDict):
    storage: StorageRef


@final
class ThingWithUser(TypedDict):
    user: UserRef


@final
class ThingWithMediaList(TypedDict):
    mediaList: ListRef


Thing = Union[
    ThingWithMovie,
    ThingWithTvShow,
    ThingWithSeason,
    ThingWithEpisode,
    ThingWithGenre,
    ThingWithSource,
    ThingWithStorage,
    ThingWithUser,
    ThingWithMediaList,
]


class CorrectMovieSource(TypedDict):
    source: SourceRef
    # What picture it has, such as 1080p (optional; when absent: as it was).
    quality: NotRequired[Optional[str]]
    # What it was made from, such as web or bluray (optional; when absent: as it was).
    type: NotRequired[Optional[str]]
    # Its size in bytes (optional; when absent: as it was).
    size: NotRequired[Optional[Integer]]
    # Another magnet link of the same torrent, such as one with trackers (optional; when absent: as it was).
    magnetUri: NotRequired[Optional[str]]
    # The language that is spoken in it (optional; when absent: as it was).
    language: NotRequired[Optional[str]]
    # What the release calls itself (optional; when absent: as it was).
    title: NotRequired[Optional[str]]


class CommandFields(TypedDict):
    # A UUID that the producer makes for this command; version 7 is best. The same id again has no second effect (a UUID).
    id: str
    # The version of the last receipt for the thing, and the command is refused when it is another by now; 0: the thing must not exist yet; -1 or absent: any (optional; when absent: -1).
    expectedVersion: NotRequired[Optional[Integer]]
    # On whose behalf; with a userId the command is judged by that user's role, without one it is a service's.
    actor: NotRequired[Optional[Actor]]
    # Any text up to 1,024 bytes, kept with the events: what belongs together.
    correlationId: NotRequired[Optional[str]]
    # Any text up to 1,024 bytes, kept with the events: what it was done because of.
    causationId: NotRequired[Optional[str]]
    # Whether the receipt carries the log's Merkle head; of a batch only the batch's own counts (optional; when absent: false).
    wantHead: NotRequired[Optional[bool]]


@final
class CommandWithPutMovie(CommandFields):
    # Creates the movie with this `tmdbId` or brings its facts, ratings and genres up to date; needs title (not blank), overview, releaseDate, poster and backdrop (empty text where unknown); `notFound` when a genre is not there..
    putMovie: PutMovie


@final
class CommandWithRateMovie(CommandFields):
    # Sets a movie's popularity and rating, both finite and >= 0; `notFound` when the movie is not there..
    rateMovie: RateMovie


@final
class CommandWithAssignMovieGenres(CommandFields):
    # Replaces all genres of a movie by these (none: takes them all away); `notFound` when the movie or a genre is not there..
    assignMovieGenres: AssignMovieGenres


@final
class CommandWithRemoveMovie(CommandFields):
    # Deletes a movie with its translations, genre links and list entries; `restricted` while it has sources..
    removeMovie: RemoveMovie


@final
class CommandWithPutMovieTranslation(CommandFields):
    # Creates or brings up to date a movie's texts in one language (ISO 639-1; es-MX is cut to es); needs title and overview, which may be empty; `notFound` when the movie is not there..
    putMovieTranslation: PutMovieTranslation


@final
class CommandWithRemoveMovieTranslation(CommandFields):
    # Deletes a movie's texts in one language; `notFound` when the movie has none in it..
    removeMovieTranslation: RemoveMovieTranslation


@final
class CommandWithPutTvShow(CommandFields):
    # Creates the show with this `tmdbId` or brings its facts, ratings and genres up to date; needs name (not blank), overview, firstAirDate, poster, backdrop, status, tagline, type and inProduction; `invalid` when an episodeRunTime is not positive, `notFound` when a genre is not there..
    putTvShow: PutTvShow


@final
class CommandWithRateTvShow(CommandFields):
    # Sets a show's popularity and rating, both finite and >= 0; `notFound` when the show is not there..
    rateTvShow: RateTvShow


@final
class CommandWithAssignTvShowGenres(CommandFields):
    # Replaces all genres of a show by these (none: takes them all away); `notFound` when the show or a genre is not there..
    assignTvShowGenres: AssignTvShowGenres


@final
class CommandWithRemoveTvShow(CommandFields):
    # Deletes a show with its translations, genre links and list entries; `restricted` while it has seasons, unless `withSeasons` is true: then they and their episodes go first..
    removeTvShow: RemoveTvShow


@final
class CommandWithPutTvShowTranslation(CommandFields):
    # Creates or brings up to date a show's texts in one language (ISO 639-1; es-MX is cut to es); needs name and overview, which may be empty; `notFound` when the show is not there..
    putTvShowTranslation: PutTvShowTranslation


@final
class CommandWithRemoveTvShowTranslation(CommandFields):
    # Deletes a show's texts in one language; `notFound` when the show has none in it..
    removeTvShowTranslation: RemoveTvShowTranslation


@final
class CommandWithPutSeason(CommandFields):
    # Creates the season with this number of a show or brings it up to date; needs name (not blank), overview, airDate, episodeCount and poster; `notFound` when the show is not there..
    putSeason: PutSeason


@final
class CommandWithRemoveSeason(CommandFields):
    # Deletes a season with all its episodes; `notFound` when it is not there..
    removeSeason: RemoveSeason


@final
class CommandWithPutEpisode(CommandFields):
    # Creates the episode with this number of a season or brings it up to date; needs name (not blank), overview and airDate; `notFound` when the season is not there..
    putEpisode: PutEpisode


@final
class CommandWithRemoveEpisode(CommandFields):
    # Deletes an episode; `notFound` when it is not there..
    removeEpisode: RemoveEpisode


@final
class CommandWithPutGenre(CommandFields):
    # Creates the genre with this `tmdbId` or gives it this name (not blank)..
    putGenre: PutGenre


@final
class CommandWithRemoveGenre(CommandFields):
    # Deletes a genre with its translations; `restricted` while a movie or a show has it..
    removeGenre: RemoveGenre


@final
class CommandWithPutGenreTranslation(CommandFields):
    # Creates or changes a genre's name in one language (ISO 639-1; es-MX is cut to es); `notFound` when the genre is not there..
    putGenreTranslation: PutGenreTranslation


@final
class CommandWithRemoveGenreTranslation(CommandFields):
    # Deletes a genre's name in one language; `notFound` when the genre has none in it..
    removeGenreTranslation: RemoveGenreTranslation


@final
class CommandWithAddMovieSource(CommandFields):
    # Adds a torrent to a movie and scores it; the infoHash is taken from the magnetUri; needs quality, type, size, language and title; `unchanged` when the movie has it already, by either hash of a hybrid, `duplicate` when another movie has it, `invalid` when the magnet names no infoHash or another one than given. Addresses of peers and DHT nodes and ranges of files are taken out of the link..
    addMovieSource: AddMovieSource


@final
class CommandWithObserveSwarm(CommandFields):
    # Sets a source's seeds and peers (both >= 0) as seen at `lastSeen` (absent: now, if they changed) and scores it anew; `notFound` when the source is not there..
    observeSwarm: ObserveSwarm


@final
class CommandWithRescoreSources(CommandFields):
    # Scores anew the sources with ids after `after` (absent: from the first), at most `limit` of them, with today's formula; `unchanged` when no score moves..
    rescoreSources: RescoreSources


@final
class CommandWithRemoveMovieSource(CommandFields):
    # Deletes a source; `restricted` while a download is stored for it..
    removeMovieSource: RemoveMovieSource


@final
class CommandWithStartDownload(CommandFields):
    # Starts the download of a source with status downloading and nothing transferred; `notFound` when the source is not there, `duplicate` when its download is there already..
    startDownload: StartDownload


@final
class CommandWithReportTransfer(CommandFields):
    # Records how far a transfer is: both progresses (0..1), peers, bytes, phase, its status if that moved on, and where its files are; `invalid` when the status cannot follow the present one (downloading, completed, seeding is the way), when less is here than before without a recheck, or more than there is..
    reportTransfer: ReportTransfer


@final
class CommandWithPauseDownload(CommandFields):
    # Pauses a download that is downloading or seeding; one that is paused is `unchanged`, any other `invalid`..
    pauseDownload: OnStorage


@final
class CommandWithResumeDownload(CommandFields):
    # Takes up a paused or failed download where it was; one that goes on already is `unchanged`, any other `invalid`..
    resumeDownload: OnStorage


@final
class CommandWithFailDownload(CommandFields):
    # Marks a download as failed (status error), whatever it was doing, and says why; one that failed already for this reason is `unchanged`..
    failDownload: FailDownload


@final
class CommandWithRemoveStorage(CommandFields):
    # Deletes the record of a download, so that its source may be removed; its files stay unless `withData` is true; `notFound` when it is not there..
    removeStorage: RemoveStorage


@final
class CommandWithRegisterUser(CommandFields):
    # Registers a user; needs a username nobody has and a bcrypt passwordHash (never a plain password); role is user and isActive true when absent; `duplicate` when the name is taken..
    registerUser: RegisterUser


@final
class CommandWithChangePassword(CommandFields):
    # Gives a user another bcrypt passwordHash; `invalid` when it is not one, `notFound` when the user is not there..
    changePassword: ChangePassword


@final
class CommandWithAssignRole(CommandFields):
    # Gives a user the role guest, user or admin; `notFound` when the user is not there..
    assignRole: AssignRole


@final
class CommandWithActivateUser(CommandFields):
    # Makes a user active; `unchanged` when the user is already..
    activateUser: OnUser


@final
class CommandWithDeactivateUser(CommandFields):
    # Makes a user inactive and revokes all the user's refresh tokens; `unchanged` when the user is already..
    deactivateUser: OnUser


@final
class CommandWithRemoveUser(CommandFields):
    # Deletes a user with all refresh tokens and the Trakt link; the user's audit rows stay without a user..
    removeUser: OnUser


@final
class CommandWithIssueRefreshToken(CommandFields):
    # Records a refresh token of a user, of which only the digest is kept; needs token and expiresAt; `inactiveUser` when the user is inactive, `duplicate` when the token is known..
    issueRefreshToken: IssueRefreshToken


@final
class CommandWithRevokeRefreshToken(CommandFields):
    # Deletes a refresh token; `notFound` when it is not there..
    revokeRefreshToken: RevokeRefreshToken


@final
class CommandWithExpireRefreshTokens(CommandFields):
    # Deletes refresh tokens that expire by this time (absent: now), up to 1,000; send it again until it is `unchanged`..
    expireRefreshTokens: ExpireRefreshTokens


@final
class CommandWithLinkTrakt(CommandFields):
    # Links a user to a Trakt account or replaces the link; needs username, accessToken, refreshToken and expiresAt; the tokens are sealed under the user's key before they are stored..
    linkTrakt: LinkTrakt


@final
class CommandWithRefreshTrakt(CommandFields):
    # Replaces both tokens of a user's Trakt link and their expiresAt; `notFound` when the user has no link..
    refreshTrakt: RefreshTrakt


@final
class CommandWithUnlinkTrakt(CommandFields):
    # Deletes a user's Trakt link; `notFound` when the user has none..
    unlinkTrakt: OnUser


@final
class CommandWithCreateMediaList(CommandFields):
    # Creates a list of titles; needs name (not blank) and description (may be empty); it is private unless isPublic is true..
    createMediaList: CreateMediaList


@final
class CommandWithReviseMediaList(CommandFields):
    # Changes a list's name, description and isPublic; `notFound` when the list is not there..
    reviseMediaList: ReviseMediaList


@final
class CommandWithRemoveMediaList(CommandFields):
    # Deletes a list with its entries, not the titles; `notFound` when it is not there..
    removeMediaList: RemoveMediaList


@final
class CommandWithListTitle(CommandFields):
    # Puts one movie or one show on a list; `unchanged` when it is on it already, `notFound` when the list or the title is not there, `invalid` unless exactly one of movie and tvShow is given..
    listTitle: OnListEntry


@final
class CommandWithDelistTitle(CommandFields):
    # Takes one movie or one show off a list; `invalid` unless exactly one of movie and tvShow is given..
    delistTitle: OnListEntry


@final
class CommandWithRecordSync(CommandFields):
    # Creates or brings up to date the state of the background task with this key; needs key and lastSync; `data` is any text the task wants back..
    recordSync: RecordSync


@final
class CommandWithRecordAudit(CommandFields):
    # Appends an audit row; needs action and severity; user, resource, metadata (a JSON text), ipAddress and userAgent are optional; `notFound` when the user named is not there..
    recordAudit: RecordAudit


@final
class CommandWithPurgeAuditLogs(CommandFields):
    # Deletes audit rows that were written before this time, of this severity (absent: of any), the oldest 1,000; needs `before`; send it again until it is `unchanged`..
    purgeAuditLogs: PurgeAuditLogs


@final
class CommandWithBatch(CommandFields):
    # Judges several commands as one: all are accepted or all refused, later ones see earlier ones, and each has its own id and receipt; `invalid` when one of them is a batch..
    batch: Batch


@final
class CommandWithLookUp(CommandFields):
    # Changes nothing: the receipt is `unchanged` with the thing's row id and version, and in `found` all by which it is known, as it is after the commands before; `notFound` when it is not there, `invalid` in a batch..
    lookUp: Thing


@final
class CommandWithCorrectMovieSource(CommandFields):
    # Gives a source another quality, type, size, language, title or magnetUri, and scores it anew; what is left out stays; `invalid` when the magnet names another torrent, `notFound` when the source is not there..
    correctMovieSource: CorrectMovieSource


@final
class CommandWithRecheckDownload(CommandFields):
    # Asks for what is on the disk to be compared with the torrent; until that is reported, less may be here than before; one that failed is looked at when it is resumed; `unchanged` while it goes on..
    recheckDownload: OnStorage


@final
class CommandWithTouchStorage(CommandFields):
    # Says that a download is played, which is recorded as its lastAccess; `unchanged` within ten minutes of the last time..
    touchStorage: OnStorage


# A command: its header and exactly one of its kinds.
Command = Union[
    CommandWithPutMovie,
    CommandWithRateMovie,
    CommandWithAssignMovieGenres,
    CommandWithRemoveMovie,
    CommandWithPutMovieTranslation,
    CommandWithRemoveMovieTranslation,
    CommandWithPutTvShow,
    CommandWithRateTvShow,
    CommandWithAssignTvShowGenres,
    CommandWithRemoveTvShow,
    CommandWithPutTvShowTranslation,
    CommandWithRemoveTvShowTranslation,
    CommandWithPutSeason,
    CommandWithRemoveSeason,
    CommandWithPutEpisode,
    CommandWithRemoveEpisode,
    CommandWithPutGenre,
    CommandWithRemoveGenre,
    CommandWithPutGenreTranslation,
    CommandWithRemoveGenreTranslation,
    CommandWithAddMovieSource,
    CommandWithObserveSwarm,
    CommandWithRescoreSources,
    CommandWithRemoveMovieSource,
    CommandWithStartDownload,
    CommandWithReportTransfer,
    CommandWithPauseDownload,
    CommandWithResumeDownload,
    CommandWithFailDownload,
    CommandWithRemoveStorage,
    CommandWithRegisterUser,
    CommandWithChangePassword,
    CommandWithAssignRole,
    CommandWithActivateUser,
    CommandWithDeactivateUser,
    CommandWithRemoveUser,
    CommandWithIssueRefreshToken,
    CommandWithRevokeRefreshToken,
    CommandWithExpireRefreshTokens,
    CommandWithLinkTrakt,
    CommandWithRefreshTrakt,
    CommandWithUnlinkTrakt,
    CommandWithCreateMediaList,
    CommandWithReviseMediaList,
    CommandWithRemoveMediaList,
    CommandWithListTitle,
    CommandWithDelistTitle,
    CommandWithRecordSync,
    CommandWithRecordAudit,
    CommandWithPurgeAuditLogs,
    CommandWithBatch,
    CommandWithLookUp,
    CommandWithCorrectMovieSource,
    CommandWithRecheckDownload,
    CommandWithTouchStorage,
]


ReplayRequestRead = TypedDict("ReplayRequestRead", {
    # Of the first event that is wanted; absent or 0: 1 (optional; when absent: 1).
    "from": "NotRequired[Optional[Integer]]",
    # How many events at most, from 1 on; absent: 1000 (optional; when absent: 1000).
    "limit": "NotRequired[Optional[Integer]]",
    # Prefixes of streams without the encoding, such as movies/42/; none: everything.
    "topics": "NotRequired[Optional[List[str]]]",
    # Of the log that `from` is a position in, which is refused when another one is here; absent: whichever is here.
    "logId": "NotRequired[Optional[str]]",
    # Of the event in front of `from`, as its header or the chunk before named it, which is refused when another one is there; absent: whichever is there.
    "lastCommandId": "NotRequired[Optional[str]]",
})


class ReplayRequestWaitFor(TypedDict):
    # Of the log, as a receipt named it; beyond the log's end it is refused, but by a node of a cluster, which waits for it.
    position: NotRequired[Optional[Integer]]
    # After how many milliseconds it is answered in any case, at most 30,000; absent: 5,000 (optional; when absent: 5000).
    withinMs: NotRequired[Optional[Integer]]
    # Of the log that it is a position in, which is refused when another one is here; absent: whichever is here.
    logId: NotRequired[Optional[str]]
    # In place of a position: up to where the log goes when this is asked, of a cluster by what a majority has.
    latest: NotRequired[Optional[bool]]


@final
class ReplayRequestWithRead(TypedDict):
    # Asks for events from a position on.
    read: ReplayRequestRead


@final
class ReplayRequestWithStatus(TypedDict):
    # Asks how the log stands.
    status: None


@final
class ReplayRequestWithWaitFor(TypedDict):
    # Asks to be answered when the read model has a position: SQL shows its event then.
    waitFor: ReplayRequestWaitFor


# A request to the replay socket.
ReplayRequest = Union[
    ReplayRequestWithRead,
    ReplayRequestWithStatus,
    ReplayRequestWithWaitFor,
]


GroupRequestJoin = TypedDict("GroupRequestJoin", {
    # The group's: a-z, 0-9, . _ and -.
    "name": "str",
    # Who asks: any text that no other process has.
    "member": "str",
    # Prefixes of streams without the encoding, such as movies/42/; none: everything. A name keeps those that it began with.
    "topics": "NotRequired[Optional[List[str]]]",
    # Where a name begins that is new; absent or 0: 1 (optional; when absent: 1).
    "from": "NotRequired[Optional[Integer]]",
    # How long a member may say nothing before what it holds goes to others (optional; when absent: 30000).
    "ackMs": "NotRequired[Optional[Integer]]",
    # How often an event may fail before it is set aside (optional; when absent: 5).
    "tries": "NotRequired[Optional[Integer]]",
})


GroupDelivery = TypedDict("GroupDelivery", {
    # Of an event that was handed out.
    "position": "NotRequired[Optional[Integer]]",
    # Which time it was handed out: 1, 2, ...
    "try": "NotRequired[Optional[Integer]]",
})


class GroupRequestFetch(TypedDict):
    # The group's.
    name: str
    # Who asks.
    member: str
    # How many at most, 1 to 1,000 (optional; when absent: 100).
    limit: NotRequired[Optional[Integer]]
    # How long to wait for one when there is none; absent: not at all.
    waitMs: NotRequired[Optional[Integer]]
    # What the member got and has not answered for; whatever else was handed to it goes out again.
    holds: NotRequired[Optional[List[GroupDelivery]]]


class GroupRequestAck(TypedDict):
    # The group's.
    name: str
    # Who asks.
    member: str
    # As they were handed out.
    deliveries: NotRequired[Optional[List[GroupDelivery]]]


class GroupRequestNack(TypedDict):
    # The group's.
    name: str
    # Who asks.
    member: str
    # As they were handed out.
    deliveries: NotRequired[Optional[List[GroupDelivery]]]
    # In a few words, for the operator who finds them set aside.
    why: NotRequired[Optional[str]]
    # How long to wait before they are handed out again; absent: a second, twice as long for each failure before.
    delayMs: NotRequired[Optional[Integer]]


class GroupRequestLeave(TypedDict):
    # The group's.
    name: str
    # Who asks.
    member: str


@final
class GroupRequestWithJoin(TypedDict):
    # Registers the name where there is none, and makes the member one of it.
    join: GroupRequestJoin


@final
class GroupRequestWithFetch(TypedDict):
    # Asks for events to be handed out.
    fetch: GroupRequestFetch


@final
class GroupRequestWithAck(TypedDict):
    # These are dealt with.
    ack: GroupRequestAck


@final
class GroupRequestWithNack(TypedDict):
    # These failed.
    nack: GroupRequestNack


@final
class GroupRequestWithLeave(TypedDict):
    # The member is none any more; what it holds goes to others.
    leave: GroupRequestLeave


# A request of a group's member.
GroupRequest = Union[
    GroupRequestWithJoin,
    GroupRequestWithFetch,
    GroupRequestWithAck,
    GroupRequestWithNack,
    GroupRequestWithLeave,
]


class ReceiptAccepted(TypedDict):
    # Of its first event.
    firstPosition: Integer
    # Of its last event: wait for this one in the feed to read it by SQL.
    lastPosition: Integer
    # Row id of what the command was about; absent: nothing in particular.
    entityId: NotRequired[Integer]
    # How many events the thing's stream has now.
    version: Integer


class ReceiptUnchanged(TypedDict):
    # Row id of what the command was about; absent: nothing in particular.
    entityId: NotRequired[Integer]
    # How many events the thing's stream has.
    version: Integer


class ReceiptRefused(TypedDict):
    # Why, for programs.
    code: RefusalCode
    # Which field it is about, as a JSON pointer (RFC 6901) into the command; absent: none.
    field: NotRequired[str]
    # Why, and what to do, for people.
    message: str
    # Of `busy`: after how many milliseconds it is of use to send it again; absent: not known.
    waitMs: NotRequired[Integer]
    # Of `notLeader`: the endpoint of the machine that writes; absent: none does now.
    leader: NotRequired[str]
    # Of `notLeader`: the public key by which the machines are known (CURVE, Z85); absent: they have none in common. It vouches for nothing: who has another one does not go there.
    leaderKey: NotRequired[str]


class TreeHead(TypedDict):
    # How many records it is over.
    size: Integer
    # The Merkle root over them (RFC 9162, SHA-256) in hex.
    root: str


class RecordedMovieRef(TypedDict):
    # Its row id.
    id: Integer
    # What it is known by outside; absent: it has none.
    tmdbId: NotRequired[Integer]
    # What it is known by outside; absent: it has none.
    imdbId: NotRequired[str]


class RecordedTvShowRef(TypedDict):
    # Its row id.
    id: Integer
    # What it is known by outside; absent: it has none.
    tmdbId: NotRequired[Integer]


class RecordedSeasonRef(TypedDict):
    # Its row id.
    id: Integer
    # What it belongs to, by row id.
    tvShow: NotRequired[RecordedTvShowRef]
    # What it is known by outside; absent: it has none.
    seasonNumber: NotRequired[Integer]


class RecordedEpisodeRef(TypedDict):
    # Its row id.
    id: Integer
    # What it belongs to, by row id.
    season: NotRequired[RecordedSeasonRef]
    # What it is known by outside; absent: it has none.
    episodeNumber: NotRequired[Integer]


class RecordedGenreRef(TypedDict):
    # Its row id.
    id: Integer
    # What it is known by outside; absent: it has none.
    tmdbId: NotRequired[Integer]


class RecordedSourceRef(TypedDict):
    # Its row id.
    id: Integer
    # What it is known by outside; absent: it has none.
    infoHash: NotRequired[str]


class RecordedStorageRef(TypedDict):
    # Its row id.
    id: Integer
    # What it is known by outside; absent: it has none.
    infoHash: NotRequired[str]


class RecordedUserRef(TypedDict):
    # Its row id.
    id: Integer
    # What it is known by outside; absent: it has none.
    username: NotRequired[str]


class RecordedListRef(TypedDict):
    # Its row id.
    id: Integer


@final
class RecordedThingWithMovie(TypedDict):
    movie: RecordedMovieRef


@final
class RecordedThingWithTvShow(TypedDict):
    tvShow: RecordedTvShowRef


@final
class RecordedThingWithSeason(TypedDict):
    season: RecordedSeasonRef


@final
class RecordedThingWithEpisode(TypedDict):
    episode: RecordedEpisodeRef


@final
class RecordedThingWithGenre(TypedDict):
    genre: RecordedGenreRef


@final
class RecordedThingWithSource(TypedDict):
    source: RecordedSourceRef


@final
class RecordedThingWithStorage(TypedDict):
    storage: RecordedStorageRef


@final
class RecordedThingWithUser(TypedDict):
    user: RecordedUserRef


@final
class RecordedThingWithMediaList(TypedDict):
    mediaList: RecordedListRef


RecordedThing = Union[
    RecordedThingWithMovie,
    RecordedThingWithTvShow,
    RecordedThingWithSeason,
    RecordedThingWithEpisode,
    RecordedThingWithGenre,
    RecordedThingWithSource,
    RecordedThingWithStorage,
    RecordedThingWithUser,
    RecordedThingWithMediaList,
]


class ReceiptFields(TypedDict):
    # The command's; absent when it could not be read.
    id: NotRequired[str]
    # Of a batch: one for each of its commands.
    receipts: NotRequired[List[Receipt]]
    # When the command asked for it: what the log was when the receipt was sent.
    head: NotRequired[TreeHead]
    # Of a lookUp: the thing, its row id and all by which it is known.
    found: NotRequired[RecordedThing]


@final
class ReceiptWithAccepted(ReceiptFields):
    # There were events, which are on the disk.
    accepted: ReceiptAccepted


@final
class ReceiptWithUnchanged(ReceiptFields):
    # There was nothing to do.
    unchanged: ReceiptUnchanged


@final
class ReceiptWithRefused(ReceiptFields):
    # Nothing was done.
    refused: ReceiptRefused


# The answer to a command.
Receipt = Union[
    ReceiptWithAccepted,
    ReceiptWithUnchanged,
    ReceiptWithRefused,
]


class RecordedActor(TypedDict):
    # Row id of the user on whose behalf it is done; absent: a service's own.
    userId: NotRequired[Integer]
    # The network address of the user.
    ipAddress: NotRequired[str]
    # The program of the user.
    userAgent: NotRequired[str]


class UnchangedMember(TypedDict):
    # Its place in the batch, from 0.
    index: int
    # Row id of what the command was about; absent: nothing in particular.
    entityId: NotRequired[Integer]
    # How many events the thing's stream had.
    version: Integer


class BatchMark(TypedDict):
    # Id of the batch (a UUID).
    id: NotRequired[str]
    # SHA-256 of the batch in canonical form.
    digest: NotRequired[str]
    # On a batch's last event: those of its commands that were unchanged, so that its receipt can be given again.
    unchanged: NotRequired[List[UnchangedMember]]


class MovieFacts(TypedDict):
    # The movie's id at TMDB, its natural key (>= 1).
    tmdbId: Integer
    # Its title (something in it can be seen).
    title: str
    # What it is about.
    overview: str
    # The day of its first release; empty: not known (YYYY-MM-DD or empty).
    releaseDate: str
    # Path of its poster at TMDB; empty: none.
    poster: str
    # Path of its backdrop at TMDB; empty: none.
    backdrop: str
    # Its id at IMDb, such as tt1254207.
    imdbId: NotRequired[str]
    # Its length in minutes (>= 0).
    runtime: NotRequired[Integer]
    # What it cost, in US dollars (>= 0).
    budget: NotRequired[Integer]
    # What it took, in US dollars (>= 0).
    revenue: NotRequired[Integer]


class Ratings(TypedDict):
    # How much it is looked at now, as TMDB counts it (>= 0).
    popularity: float
    # The mean of its votes; at TMDB 0 to 10 (>= 0).
    rating: float


class Genres(TypedDict):
    # Row ids of all the genres that it has now (of the table genres).
    genreIds: List[Integer]


class TitleTranslation(TypedDict):
    # Row id of the translation.
    id: Integer
    # The language of these texts (ISO 639-1, two letters).
    language: str
    # The title in this language; may be empty.
    title: str
    # What it is about, in this language; may be empty.
    overview: str
    # Its tagline in this language.
    tagline: str


class RowId(TypedDict):
    # Row id of what is gone.
    id: Integer


class TvShowFacts(TypedDict):
    # The show's id at TMDB, its natural key (>= 1).
    tmdbId: Integer
    # Its name (something in it can be seen).
    name: str
    # What it is about.
    overview: str
    # The day of its first broadcast; empty: not known (YYYY-MM-DD or empty).
    firstAirDate: str
    # Path of its poster at TMDB; empty: none.
    poster: str
    # Path of its backdrop at TMDB; empty: none.
    backdrop: str
    # Its id at IMDb, such as tt0055662.
    imdbId: NotRequired[str]
    # How it stands, in TMDB's words: Returning Series, Ended, Canceled and others.
    status: str
    # Its tagline; may be empty.
    tagline: str
    # What kind of show it is, in TMDB's words: Scripted, Documentary and others.
    type: str
    # Whether more of it is being made.
    inProduction: bool
    # How long its episodes are, in minutes (each > 0).
    episodeRunTime: List[Integer]


class NameTranslation(TypedDict):
    # Row id of the translation.
    id: Integer
    # The language of these texts (ISO 639-1, two letters).
    language: str
    # The name in this language; may be empty.
    name: str
    # What it is about, in this language; may be empty.
    overview: str
    # Its tagline in this language.
    tagline: str


class SeasonFacts(TypedDict):
    # Row id of the show (of the table tv_shows).
    tvShowId: Integer
    # Its number within the show; 0: specials (>= 0).
    seasonNumber: Integer
    # Its name (something in it can be seen).
    name: str
    # What it is about.
    overview: str
    # The day of its first broadcast; empty: not known (YYYY-MM-DD or empty).
    airDate: str
    # How many episodes it is said to have (>= 0).
    episodeCount: Integer
    # Path of its poster at TMDB; empty: none.
    poster: str


class EpisodeFacts(TypedDict):
    # Row id of the season (of the table seasons).
    seasonId: Integer
    # Its number within the season (>= 0).
    episodeNumber: Integer
    # Its name (something in it can be seen).
    name: str
    # What it is about.
    overview: str
    # The day of its first broadcast; empty: not known (YYYY-MM-DD or empty).
    airDate: str
    # Its length in minutes (>= 0).
    runtime: NotRequired[Integer]
    # Path of a still at TMDB.
    stillPath: NotRequired[str]


class GenreFacts(TypedDict):
    # The genre's id at TMDB, its natural key (>= 1).
    tmdbId: Integer
    # Its name (something in it can be seen).
    name: str


class GenreName(TypedDict):
    # Row id of the translation.
    id: Integer
    # The language of the name (ISO 639-1, two letters).
    language: str
    # The name in this language; may be empty.
    name: str


class SourceFacts(TypedDict):
    # Row id of the movie (of the table movies).
    movieId: Integer
    # What picture it has, such as 1080p.
    quality: str
    # What it was made from, such as web or bluray.
    type: str
    # Its size in bytes (>= 0).
    size: Integer
    # The magnet link by which it is found.
    magnetUri: str
    # The torrent's info hash, its natural key: version 1 has 40 digits, version 2 has 64 (40 or 64 hex digits).
    infoHash: str
    # The language that is spoken in it (ISO 639-1, two letters).
    language: str
    # What the release calls itself (something in it can be seen).
    title: str
    # The info hash of its other version, when the torrent is a hybrid and that is known (40 or 64 hex digits).
    otherHash: NotRequired[str]


class Swarm(TypedDict):
    # How many peers have all of it (>= 0).
    seeds: Integer
    # How many peers load it (>= 0).
    peers: Integer
    # When it was seen so (RFC 3339).
    lastSeen: Time
    # How good a source it is, 0 to 10, by the formula of the time of the event (0 to 10).
    score: float


class StorageStart(TypedDict):
    # The info hash of the source that is loaded, the download's natural key (40 or 64 hex digits).
    infoHash: str
    # How it stands.
    status: DownloadStatus


class Transfer(TypedDict):
    # How much of it is here: 0 to 1 (0 to 1).
    downloadProgress: float
    # How much of it was given to others: 0 to 1 (0 to 1).
    uploadProgress: float
    # How many peers take part (>= 0).
    peers: Integer
    # Bytes of it that are here (>= 0).
    downloaded: Integer
    # Bytes that were given (>= 0).
    uploaded: Integer
    # What the bridge is at.
    phase: NotRequired[TransferPhase]
    # Bytes of the main file that can be read from its beginning on (>= 0).
    readable: NotRequired[Integer]


class StorageStatus(TypedDict):
    # How it stands now.
    status: DownloadStatus
    # Why it failed, for people (something in it can be seen).
    failure: NotRequired[str]
    # When it failed (RFC 3339).
    failedAt: NotRequired[Time]


class UserFacts(TypedDict):
    # The user's name, which nobody else has (nothing in it that cannot be seen, no white space at an end).
    username: str
    # What the user may do.
    role: Role
    # Whether the user may do anything at all.
    isActive: bool


class Password(TypedDict):
    pass


class UserRole(TypedDict):
    # What the user may do now.
    role: Role


class UserActive(TypedDict):
    # Whether the user may do anything at all, now.
    isActive: bool


class TokenFacts(TypedDict):
    # Row id of the token.
    id: Integer
    # Until when it is good (RFC 3339).
    expiresAt: Time


class TraktFacts(TypedDict):
    # Row id of the link.
    id: Integer
    # The user's name at Trakt (something in it can be seen).
    username: str
    # Until when the access token is good (RFC 3339).
    expiresAt: Time


class ListFacts(TypedDict):
    # The list's name (something in it can be seen).
    name: str
    # What it is for; may be empty.
    description: str
    # Whether others may see it.
    isPublic: bool


class MovieId(TypedDict):
    # Row id of the movie (of the table movies).
    movieId: Integer


class TvShowId(TypedDict):
    # Row id of the show (of the table tv_shows).
    tvShowId: Integer


class SyncFacts(TypedDict):
    # Which background task it is of, its natural key (something in it can be seen).
    key: str
    # When the task ran last (RFC 3339).
    lastSync: Time
    # Any text that the task wants back.
    data: str


class AuditFacts(TypedDict):
    # Row id of the user that it is about; absent: of nobody (of the table users).
    userId: NotRequired[Integer]
    # What was done.
    action: AuditAction
    # What it was done to, such as a path.
    resource: NotRequired[str]
    # How grave it is.
    severity: AuditSeverity
    # What else is known of it, as a JSON text (a JSON text, nested at most 1,000 deep).
    metadata: NotRequired[str]
    # The network address that it came from.
    ipAddress: NotRequired[str]
    # The program that it came from.
    userAgent: NotRequired[str]


class StoragePlace(TypedDict):
    # The directory that its files are in, and no others (something in it can be seen).
    directory: NotRequired[str]
    # Path of the file that is played, within the directory (something in it can be seen).
    mainFile: NotRequired[str]
    # Its size in bytes (>= 0).
    mainFileSize: NotRequired[Integer]
    # Bytes of all the torrent's files, as the torrent itself says (>= 0).
    totalSize: NotRequired[Integer]


class StoragePhase(TypedDict):
    # What the bridge is at.
    phase: NotRequired[TransferPhase]


class StorageAccess(TypedDict):
    # When it was played last (RFC 3339).
    lastAccess: NotRequired[Time]


@final
class EventWithMovieDescribed(TypedDict):
    # A movie is new, or its facts are others now.
    movieDescribed: MovieFacts


@final
class EventWithMovieRated(TypedDict):
    # A movie has another popularity or rating.
    movieRated: Ratings


@final
class EventWithMovieGenresAssigned(TypedDict):
    # A movie has these genres now, and no others.
    movieGenresAssigned: Genres


@final
class EventWithMovieRemoved(TypedDict):
    # A movie is gone, with its translations, genre links and list entries.
    movieRemoved: None


@final
class EventWithMovieTranslated(TypedDict):
    # A movie's texts in a language are new, or others now.
    movieTranslated: TitleTranslation


@final
class EventWithMovieTranslationRemoved(TypedDict):
    # A movie's texts in a language are gone.
    movieTranslationRemoved: RowId


@final
class EventWithTvShowDescribed(TypedDict):
    # A show is new, or its facts are others now.
    tvShowDescribed: TvShowFacts


@final
class EventWithTvShowRated(TypedDict):
    # A show has another popularity or rating.
    tvShowRated: Ratings


@final
class EventWithTvShowGenresAssigned(TypedDict):
    # A show has these genres now, and no others.
    tvShowGenresAssigned: Genres


@final
class EventWithTvShowRemoved(TypedDict):
    # A show is gone, with its translations, genre links and list entries.
    tvShowRemoved: None


@final
class EventWithTvShowTranslated(TypedDict):
    # A show's texts in a language are new, or others now.
    tvShowTranslated: NameTranslation


@final
class EventWithTvShowTranslationRemoved(TypedDict):
    # A show's texts in a language are gone.
    tvShowTranslationRemoved: RowId


@final
class EventWithSeasonDescribed(TypedDict):
    # A season is new, or its facts are others now.
    seasonDescribed: SeasonFacts


@final
class EventWithSeasonRemoved(TypedDict):
    # A season is gone; its episodes went before, each with an event of its own.
    seasonRemoved: None


@final
class EventWithEpisodeDescribed(TypedDict):
    # An episode is new, or its facts are others now.
    episodeDescribed: EpisodeFacts


@final
class EventWithEpisodeRemoved(TypedDict):
    # An episode is gone.
    episodeRemoved: None


@final
class EventWithGenreDescribed(TypedDict):
    # A genre is new, or its name is another now.
    genreDescribed: GenreFacts


@final
class EventWithGenreRemoved(TypedDict):
    # A genre is gone, with its translations.
    genreRemoved: None


@final
class EventWithGenreTranslated(TypedDict):
    # A genre's name in a language is new, or another now.
    genreTranslated: GenreName


@final
class EventWithGenreTranslationRemoved(TypedDict):
    # A genre's name in a language is gone.
    genreTranslationRemoved: RowId


@final
class EventWithMovieSourceAdded(TypedDict):
    # A movie has a new torrent source.
    movieSourceAdded: SourceFacts


@final
class EventWithSwarmObserved(TypedDict):
    # A source was seen with so many seeds and peers, and scored anew.
    swarmObserved: Swarm


@final
class EventWithMovieSourceRescored(TypedDict):
    # A source was scored anew by another formula; what was seen stays.
    movieSourceRescored: Swarm


@final
class EventWithMovieSourceRemoved(TypedDict):
    # A source is gone.
    movieSourceRemoved: None


@final
class EventWithDownloadStarted(TypedDict):
    # The download of a source was started, with nothing transferred.
    downloadStarted: StorageStart


@final
class EventWithTransferReported(TypedDict):
    # A transfer is so far.
    transferReported: Transfer


@final
class EventWithDownloadStatusReported(TypedDict):
    # A transfer's report moved the download's status on.
    downloadStatusReported: StorageStatus


@final
class EventWithDownloadPaused(TypedDict):
    # A download was paused.
    downloadPaused: StorageStatus


@final
class EventWithDownloadResumed(TypedDict):
    # A paused or failed download goes on.
    downloadResumed: StorageStatus


@final
class EventWithDownloadFailed(TypedDict):
    # A download failed.
    downloadFailed: StorageStatus


@final
class EventWithStorageRemoved(TypedDict):
    # A download's record is gone.
    storageRemoved: None


@final
class EventWithUserRegistered(TypedDict):
    # A user is new.
    userRegistered: UserFacts


@final
class EventWithPasswordChanged(TypedDict):
    # A user has another password.
    passwordChanged: Password


@final
class EventWithRoleAssigned(TypedDict):
    # A user has another role.
    roleAssigned: UserRole


@final
class EventWithUserActivated(TypedDict):
    # A user is active now.
    userActivated: UserActive


@final
class EventWithUserDeactivated(TypedDict):
    # A user is inactive now; refresh tokens go with events of their own.
    userDeactivated: UserActive


@final
class EventWithUserRemoved(TypedDict):
    # A user is gone; tokens and the Trakt link went before, each with an event of its own.
    userRemoved: None


@final
class EventWithRefreshTokenIssued(TypedDict):
    # A user has a new refresh token.
    refreshTokenIssued: TokenFacts


@final
class EventWithRefreshTokenRevoked(TypedDict):
    # A refresh token is gone.
    refreshTokenRevoked: RowId


@final
class EventWithRefreshTokenExpired(TypedDict):
    # A refresh token is gone, for its time was over.
    refreshTokenExpired: RowId


@final
class EventWithTraktLinked(TypedDict):
    # A user is linked with a Trakt account, or with another.
    traktLinked: TraktFacts


@final
class EventWithTraktRefreshed(TypedDict):
    # A Trakt link has other tokens.
    traktRefreshed: TraktFacts


@final
class EventWithTraktUnlinked(TypedDict):
    # A user's Trakt link is gone.
    traktUnlinked: RowId


@final
class EventWithMediaListCreated(TypedDict):
    # A list is new.
    mediaListCreated: ListFacts


@final
class EventWithMediaListRevised(TypedDict):
    # A list's name, description or visibility is another.
    mediaListRevised: ListFacts


@final
class EventWithMediaListRemoved(TypedDict):
    # A list is gone, with its entries.
    mediaListRemoved: None


@final
class EventWithMovieListed(TypedDict):
    # A movie is on the list now.
    movieListed: MovieId


@final
class EventWithTvShowListed(TypedDict):
    # A show is on the list now.
    tvShowListed: TvShowId


@final
class EventWithMovieDelisted(TypedDict):
    # A movie is off the list.
    movieDelisted: MovieId


@final
class EventWithTvShowDelisted(TypedDict):
    # A show is off the list.
    tvShowDelisted: TvShowId


@final
class EventWithSyncRecorded(TypedDict):
    # A background task's state is new, or another now.
    syncRecorded: SyncFacts


@final
class EventWithAuditRecorded(TypedDict):
    # Something was done that the audit trail keeps.
    auditRecorded: AuditFacts


@final
class EventWithAuditLogPurged(TypedDict):
    # An audit row is gone, for it was old.
    auditLogPurged: None


@final
class EventWithMovieSourceCorrected(TypedDict):
    # A source's facts are others now, of the same torrent.
    movieSourceCorrected: SourceFacts


@final
class EventWithStoragePlaced(TypedDict):
    # It is known where a download's files are, and how large.
    storagePlaced: StoragePlace


@final
class EventWithRecheckStarted(TypedDict):
    # What is on the disk is to be compared with the torrent, so less may be here than was said.
    recheckStarted: StoragePhase


@final
class EventWithStorageTouched(TypedDict):
    # A download was played.
    storageTouched: StorageAccess


@final
class EventWithStorageDiscarded(TypedDict):
    # A download's record is gone, and its files are to be deleted.
    storageDiscarded: None


@final
class EventWithNothing(TypedDict):
    pass


# What happened: exactly one member; none where the header says withheldBytes.
Event = Union[
    EventWithMovieDescribed,
    EventWithMovieRated,
    EventWithMovieGenresAssigned,
    EventWithMovieRemoved,
    EventWithMovieTranslated,
    EventWithMovieTranslationRemoved,
    EventWithTvShowDescribed,
    EventWithTvShowRated,
    EventWithTvShowGenresAssigned,
    EventWithTvShowRemoved,
    EventWithTvShowTranslated,
    EventWithTvShowTranslationRemoved,
    EventWithSeasonDescribed,
    EventWithSeasonRemoved,
    EventWithEpisodeDescribed,
    EventWithEpisodeRemoved,
    EventWithGenreDescribed,
    EventWithGenreRemoved,
    EventWithGenreTranslated,
    EventWithGenreTranslationRemoved,
    EventWithMovieSourceAdded,
    EventWithSwarmObserved,
    EventWithMovieSourceRescored,
    EventWithMovieSourceRemoved,
    EventWithDownloadStarted,
    EventWithTransferReported,
    EventWithDownloadStatusReported,
    EventWithDownloadPaused,
    EventWithDownloadResumed,
    EventWithDownloadFailed,
    EventWithStorageRemoved,
    EventWithUserRegistered,
    EventWithPasswordChanged,
    EventWithRoleAssigned,
    EventWithUserActivated,
    EventWithUserDeactivated,
    EventWithUserRemoved,
    EventWithRefreshTokenIssued,
    EventWithRefreshTokenRevoked,
    EventWithRefreshTokenExpired,
    EventWithTraktLinked,
    EventWithTraktRefreshed,
    EventWithTraktUnlinked,
    EventWithMediaListCreated,
    EventWithMediaListRevised,
    EventWithMediaListRemoved,
    EventWithMovieListed,
    EventWithTvShowListed,
    EventWithMovieDelisted,
    EventWithTvShowDelisted,
    EventWithSyncRecorded,
    EventWithAuditRecorded,
    EventWithAuditLogPurged,
    EventWithMovieSourceCorrected,
    EventWithStoragePlaced,
    EventWithRecheckStarted,
    EventWithStorageTouched,
    EventWithStorageDiscarded,
    EventWithNothing,
]


class EventRecord(TypedDict):
    """One event as the feed, the replay socket and `catlog log` give it."""
    # Of this event: 1, 2, 3, .. without gaps over the whole log.
    position: Integer
    # When it was judged (RFC 3339).
    recordedAt: Time
    # Of the command that caused it (a UUID).
    commandId: str
    # SHA-256 of the command in canonical form (hex digits).
    commandDigest: str
    # Row id of the thing whose stream it is in.
    streamId: Integer
    # How many events the stream has with this one: what expectedVersion is compared with.
    streamVersion: Integer
    # Position of the stream's previous event; 0: this is its first.
    previousInStream: Integer
    # This is event `index` (from 0) of the `count` that were committed for one message.
    index: int
    # How many events were committed for one message: a command, or a whole batch.
    count: int
    # What kind of thing the stream is of.
    stream: Entity
    # The command's.
    correlationId: NotRequired[str]
    # The command's.
    causationId: NotRequired[str]
    # The command's.
    actor: NotRequired[RecordedActor]
    # Of the batch that the command came in; absent: it came by itself.
    batch: NotRequired[BatchMark]
    # Row id of what the command was about, as its receipt says; absent: nothing in particular.
    subjectId: NotRequired[Integer]
    # What kind of thing the command was about.
    subject: NotRequired[Entity]
    # What happened.
    event: Event
    # Who sent it, as the bus knows them: the name of a key, or uid:1000 for a user of the daemon's machine; absent: keys were not asked for.
    sender: NotRequired[str]


class Names(TypedDict):
    # The movie whose stream it is in, or that `movieId` names.
    movie: NotRequired[RecordedMovieRef]
    # The show whose stream it is in, or that `tvShowId` names.
    tvShow: NotRequired[RecordedTvShowRef]
    # The season whose stream it is in, or that `seasonId` names.
    season: NotRequired[RecordedSeasonRef]
    # The episode whose stream it is in.
    episode: NotRequired[RecordedEpisodeRef]
    # The genre whose stream it is in.
    genre: NotRequired[RecordedGenreRef]
    # The genres that `genreIds` names, in its order; absent where there are more than 256.
    genres: NotRequired[List[RecordedGenreRef]]
    # The source whose stream it is in.
    source: NotRequired[RecordedSourceRef]
    # The download whose stream it is in.
    storage: NotRequired[RecordedStorageRef]
    # The user whose stream it is in, or that `userId` names.
    user: NotRequired[RecordedUserRef]
    # The user that the record's `actor` names.
    actor: NotRequired[RecordedUserRef]
    # Of a translation that is gone: in which language it was; absent where that was said more than 128 events of its stream ago.
    language: NotRequired[str]


class ChangeHeader(TypedDict):
    """The header of an event in the feed."""
    # Which log it is a position in; another one than before: begin anew.
    logId: str
    # Of this event: 1, 2, 3, .. without gaps over the whole log.
    position: Integer
    # Position of the previous event of this kind of stream; 0: none.
    previousInTable: Integer
    # Position of the previous event of this stream; 0: none.
    previousInStream: Integer
    # Of the command that caused it.
    commandId: str
    # Only when the payload would be longer than a frame may be: how long. It has no event then.
    withheldBytes: NotRequired[Integer]
    # The name of what happened, such as movieRated; absent when this version knows no name for it.
    event: NotRequired[str]
    # How many events the stream has with this one: what expectedVersion is compared with.
    streamVersion: Integer
    # The command's; absent when it had none.
    correlationId: NotRequired[str]
    # Who sent the command, as the bus knows them; absent: keys were not asked for.
    sender: NotRequired[str]
    # By what is known outside what the event names by row id.
    names: NotRequired[Names]


class TablePosition(TypedDict):
    # A kind of stream, as its table is called.
    table: str
    # Of the last event of this kind that was sent.
    position: Integer


class Head(TypedDict):
    """How far the feed is, once a second."""
    # Which log it is a position in.
    logId: str
    # Of the last event that was sent, which the read model has.
    position: Integer
    # The last one of each kind of stream.
    tables: List[TablePosition]


class ReplayAnswerChunk(TypedDict):
    # Where to read on: all that match and stand before it were sent.
    next: Integer
    # How many follow.
    events: Integer
    # Whether the log held nothing from `next` on.
    atHead: bool
    # Of the event in front of `next`, for the next request; absent when that is position 1.
    lastCommandId: NotRequired[str]


class LogStatus(TypedDict):
    # The log's id.
    logId: str
    # Position of its last event; 0: there is none.
    head: Integer
    # Of its last event (RFC 3339).
    recordedAt: NotRequired[Time]
    # The Merkle root over all records up to the head, in hex.
    root: str


class ReplayAnswerWaited(TypedDict):
    # Whether it has the position; false: not yet, ask again.
    isThere: bool
    # Up to which it has the log.
    position: Integer
    # Which log it is a position in.
    logId: str


@final
class ReplayAnswerWithChunk(TypedDict):
    # Events follow, three frames each: topic, header, payload.
    chunk: ReplayAnswerChunk


@final
class ReplayAnswerWithStatus(TypedDict):
    # How the log stands.
    status: LogStatus


@final
class ReplayAnswerWithRefused(TypedDict):
    # Why nothing is sent, and what to do.
    refused: str


@final
class ReplayAnswerWithWaited(TypedDict):
    # How far the read model is.
    waited: ReplayAnswerWaited


# The answer of the replay socket.
ReplayAnswer = Union[
    ReplayAnswerWithChunk,
    ReplayAnswerWithStatus,
    ReplayAnswerWithRefused,
    ReplayAnswerWithWaited,
]


class GroupAnswerJoined(TypedDict):
    # The log's id.
    logId: str
    # Up to which position everything is dealt with or set aside.
    cursor: Integer
    # How many there are, with this one.
    members: Integer


RecordedGroupDelivery = TypedDict("RecordedGroupDelivery", {
    # Of an event that was handed out.
    "position": "Integer",
    # Which time it was handed out: 1, 2, ...
    "try": "Integer",
})


class GroupAnswerWork(TypedDict):
    # What is handed out, in the order of positions.
    deliveries: List[RecordedGroupDelivery]
    # How long the member may say nothing from now on.
    ackMs: Integer


class GroupAnswerDone(TypedDict):
    # Which of them are not the member's any more, or were not.
    late: NotRequired[List[RecordedGroupDelivery]]


class GroupAnswerRefused(TypedDict):
    # Why, for programs.
    code: GroupRefusalCode
    # Why, and what to do, for people.
    message: str


@final
class GroupAnswerWithJoined(TypedDict):
    # The member is one of the group's.
    joined: GroupAnswerJoined


@final
class GroupAnswerWithWork(TypedDict):
    # Three frames follow for each: topic, header, payload.
    work: GroupAnswerWork


@final
class GroupAnswerWithDone(TypedDict):
    # It is on the disk.
    done: GroupAnswerDone


@final
class GroupAnswerWithRefused(TypedDict):
    # Nothing was done.
    refused: GroupAnswerRefused


# The answer to a group's member.
GroupAnswer = Union[
    GroupAnswerWithJoined,
    GroupAnswerWithWork,
    GroupAnswerWithDone,
    GroupAnswerWithRefused,
]


# Every command: what it does.
COMMANDS: Final = {
    "putMovie": "Creates the movie with this `tmdbId` or brings its facts, ratings and genres up to date; needs title (not blank), overview, releaseDate, poster and backdrop (empty text where unknown); `notFound` when a genre is not there.",
    "rateMovie": "Sets a movie's popularity and rating, both finite and >= 0; `notFound` when the movie is not there.",
    "assignMovieGenres": "Replaces all genres of a movie by these (none: takes them all away); `notFound` when the movie or a genre is not there.",
    "removeMovie": "Deletes a movie with its translations, genre links and list entries; `restricted` while it has sources.",
    "putMovieTranslation": "Creates or brings up to date a movie's texts in one language (ISO 639-1; es-MX is cut to es); needs title and overview, which may be empty; `notFound` when the movie is not there.",
    "removeMovieTranslation": "Deletes a movie's texts in one language; `notFound` when the movie has none in it.",
    "putTvShow": "Creates the show with this `tmdbId` or brings its facts, ratings and genres up to date; needs name (not blank), overview, firstAirDate, poster, backdrop, status, tagline, type and inProduction; `invalid` when an episodeRunTime is not positive, `notFound` when a genre is not there.",
    "rateTvShow": "Sets a show's popularity and rating, both finite and >= 0; `notFound` when the show is not there.",
    "assignTvShowGenres": "Replaces all genres of a show by these (none: takes them all away); `notFound` when the show or a genre is not there.",
    "removeTvShow": "Deletes a show with its translations, genre links and list entries; `restricted` while it has seasons, unless `withSeasons` is true: then they and their episodes go first.",
    "putTvShowTranslation": "Creates or brings up to date a show's texts in one language (ISO 639-1; es-MX is cut to es); needs name and overview, which may be empty; `notFound` when the show is not there.",
    "removeTvShowTranslation": "Deletes a show's texts in one language; `notFound` when the show has none in it.",
    "putSeason": "Creates the season with this number of a show or brings it up to date; needs name (not blank), overview, airDate, episodeCount and poster; `notFound` when the show is not there.",
    "removeSeason": "Deletes a season with all its episodes; `notFound` when it is not there.",
    "putEpisode": "Creates the episode with this number of a season or brings it up to date; needs name (not blank), overview and airDate; `notFound` when the season is not there.",
    "removeEpisode": "Deletes an episode; `notFound` when it is not there.",
    "putGenre": "Creates the genre with this `tmdbId` or gives it this name (not blank).",
    "removeGenre": "Deletes a genre with its translations; `restricted` while a movie or a show has it.",
    "putGenreTranslation": "Creates or changes a genre's name in one language (ISO 639-1; es-MX is cut to es); `notFound` when the genre is not there.",
    "removeGenreTranslation": "Deletes a genre's name in one language; `notFound` when the genre has none in it.",
    "addMovieSource": "Adds a torrent to a movie and scores it; the infoHash is taken from the magnetUri; needs quality, type, size, language and title; `unchanged` when the movie has it already, by either hash of a hybrid, `duplicate` when another movie has it, `invalid` when the magnet names no infoHash or another one than given. Addresses of peers and DHT nodes and ranges of files are taken out of the link.",
    "observeSwarm": "Sets a source's seeds and peers (both >= 0) as seen at `lastSeen` (absent: now, if they changed) and scores it anew; `notFound` when the source is not there.",
    "rescoreSources": "Scores anew the sources with ids after `after` (absent: from the first), at most `limit` of them, with today's formula; `unchanged` when no score moves.",
    "removeMovieSource": "Deletes a source; `restricted` while a download is stored for it.",
    "startDownload": "Starts the download of a source with status downloading and nothing transferred; `notFound` when the source is not there, `duplicate` when its download is there already.",
    "reportTransfer": "Records how far a transfer is: both progresses (0..1), peers, bytes, phase, its status if that moved on, and where its files are; `invalid` when the status cannot follow the present one (downloading, completed, seeding is the way), when less is here than before without a recheck, or more than there is.",
    "pauseDownload": "Pauses a download that is downloading or seeding; one that is paused is `unchanged`, any other `invalid`.",
    "resumeDownload": "Takes up a paused or failed download where it was; one that goes on already is `unchanged`, any other `invalid`.",
    "failDownload": "Marks a download as failed (status error), whatever it was doing, and says why; one that failed already for this reason is `unchanged`.",
    "removeStorage": "Deletes the record of a download, so that its source may be removed; its files stay unless `withData` is true; `notFound` when it is not there.",
    "registerUser": "Registers a user; needs a username nobody has and a bcrypt passwordHash (never a plain password); role is user and isActive true when absent; `duplicate` when the name is taken.",
    "changePassword": "Gives a user another bcrypt passwordHash; `invalid` when it is not one, `notFound` when the user is not there.",
    "assignRole": "Gives a user the role guest, user or admin; `notFound` when the user is not there.",
    "activateUser": "Makes a user active; `unchanged` when the user is already.",
    "deactivateUser": "Makes a user inactive and revokes all the user's refresh tokens; `unchanged` when the user is already.",
    "removeUser": "Deletes a user with all refresh tokens and the Trakt link; the user's audit rows stay without a user.",
    "issueRefreshToken": "Records a refresh token of a user, of which only the digest is kept; needs token and expiresAt; `inactiveUser` when the user is inactive, `duplicate` when the token is known.",
    "revokeRefreshToken": "Deletes a refresh token; `notFound` when it is not there.",
    "expireRefreshTokens": "Deletes refresh tokens that expire by this time (absent: now), up to 1,000; send it again until it is `unchanged`.",
    "linkTrakt": "Links a user to a Trakt account or replaces the link; needs username, accessToken, refreshToken and expiresAt; the tokens are sealed under the user's key before they are stored.",
    "refreshTrakt": "Replaces both tokens of a user's Trakt link and their expiresAt; `notFound` when the user has no link.",
    "unlinkTrakt": "Deletes a user's Trakt link; `notFound` when the user has none.",
    "createMediaList": "Creates a list of titles; needs name (not blank) and description (may be empty); it is private unless isPublic is true.",
    "reviseMediaList": "Changes a list's name, description and isPublic; `notFound` when the list is not there.",
    "removeMediaList": "Deletes a list with its entries, not the titles; `notFound` when it is not there.",
    "listTitle": "Puts one movie or one show on a list; `unchanged` when it is on it already, `notFound` when the list or the title is not there, `invalid` unless exactly one of movie and tvShow is given.",
    "delistTitle": "Takes one movie or one show off a list; `invalid` unless exactly one of movie and tvShow is given.",
    "recordSync": "Creates or brings up to date the state of the background task with this key; needs key and lastSync; `data` is any text the task wants back.",
    "recordAudit": "Appends an audit row; needs action and severity; user, resource, metadata (a JSON text), ipAddress and userAgent are optional; `notFound` when the user named is not there.",
    "purgeAuditLogs": "Deletes audit rows that were written before this time, of this severity (absent: of any), the oldest 1,000; needs `before`; send it again until it is `unchanged`.",
    "batch": "Judges several commands as one: all are accepted or all refused, later ones see earlier ones, and each has its own id and receipt; `invalid` when one of them is a batch.",
    "lookUp": "Changes nothing: the receipt is `unchanged` with the thing's row id and version, and in `found` all by which it is known, as it is after the commands before; `notFound` when it is not there, `invalid` in a batch.",
    "correctMovieSource": "Gives a source another quality, type, size, language, title or magnetUri, and scores it anew; what is left out stays; `invalid` when the magnet names another torrent, `notFound` when the source is not there.",
    "recheckDownload": "Asks for what is on the disk to be compared with the torrent; until that is reported, less may be here than before; one that failed is looked at when it is resumed; `unchanged` while it goes on.",
    "touchStorage": "Says that a download is played, which is recorded as its lastAccess; `unchanged` within ten minutes of the last time.",
}

# Every event: what happened.
EVENTS: Final = {
    "movieDescribed": "A movie is new, or its facts are others now",
    "movieRated": "A movie has another popularity or rating",
    "movieGenresAssigned": "A movie has these genres now, and no others",
    "movieRemoved": "A movie is gone, with its translations, genre links and list entries",
    "movieTranslated": "A movie's texts in a language are new, or others now",
    "movieTranslationRemoved": "A movie's texts in a language are gone",
    "tvShowDescribed": "A show is new, or its facts are others now",
    "tvShowRated": "A show has another popularity or rating",
    "tvShowGenresAssigned": "A show has these genres now, and no others",
    "tvShowRemoved": "A show is gone, with its translations, genre links and list entries",
    "tvShowTranslated": "A show's texts in a language are new, or others now",
    "tvShowTranslationRemoved": "A show's texts in a language are gone",
    "seasonDescribed": "A season is new, or its facts are others now",
    "seasonRemoved": "A season is gone; its episodes went before, each with an event of its own",
    "episodeDescribed": "An episode is new, or its facts are others now",
    "episodeRemoved": "An episode is gone",
    "genreDescribed": "A genre is new, or its name is another now",
    "genreRemoved": "A genre is gone, with its translations",
    "genreTranslated": "A genre's name in a language is new, or another now",
    "genreTranslationRemoved": "A genre's name in a language is gone",
    "movieSourceAdded": "A movie has a new torrent source",
    "swarmObserved": "A source was seen with so many seeds and peers, and scored anew",
    "movieSourceRescored": "A source was scored anew by another formula; what was seen stays",
    "movieSourceRemoved": "A source is gone",
    "downloadStarted": "The download of a source was started, with nothing transferred",
    "transferReported": "A transfer is so far",
    "downloadStatusReported": "A transfer's report moved the download's status on",
    "downloadPaused": "A download was paused",
    "downloadResumed": "A paused or failed download goes on",
    "downloadFailed": "A download failed",
    "storageRemoved": "A download's record is gone",
    "userRegistered": "A user is new",
    "passwordChanged": "A user has another password",
    "roleAssigned": "A user has another role",
    "userActivated": "A user is active now",
    "userDeactivated": "A user is inactive now; refresh tokens go with events of their own",
    "userRemoved": "A user is gone; tokens and the Trakt link went before, each with an event of its own",
    "refreshTokenIssued": "A user has a new refresh token",
    "refreshTokenRevoked": "A refresh token is gone",
    "refreshTokenExpired": "A refresh token is gone, for its time was over",
    "traktLinked": "A user is linked with a Trakt account, or with another",
    "traktRefreshed": "A Trakt link has other tokens",
    "traktUnlinked": "A user's Trakt link is gone",
    "mediaListCreated": "A list is new",
    "mediaListRevised": "A list's name, description or visibility is another",
    "mediaListRemoved": "A list is gone, with its entries",
    "movieListed": "A movie is on the list now",
    "tvShowListed": "A show is on the list now",
    "movieDelisted": "A movie is off the list",
    "tvShowDelisted": "A show is off the list",
    "syncRecorded": "A background task's state is new, or another now",
    "auditRecorded": "Something was done that the audit trail keeps",
    "auditLogPurged": "An audit row is gone, for it was old",
    "movieSourceCorrected": "A source's facts are others now, of the same torrent",
    "storagePlaced": "It is known where a download's files are, and how large",
    "recheckStarted": "What is on the disk is to be compared with the torrent, so less may be here than was said",
    "storageTouched": "A download was played",
    "storageDiscarded": "A download's record is gone, and its files are to be deleted",
}

# Limits that a client runs into.
LIMITS: Final = {
    "commandBytes": 1048576,  # of a command's body; more is `tooLarge`
    "canonicalBytes": 2097152,  # of a command written out, in a batch of each one; more is `tooLarge`
    "frameBytes": 16777216,  # of any frame; beyond, the connection is cut and no reply comes
    "tagBytes": 256,  # of a tag
    "envelopeTextBytes": 1024,  # of correlationId, causationId and the actor's texts, each
    "jsonDepth": 64,  # levels of objects and lists within each other
    "batchCommands": 10000,  # commands in a batch
    "packCommands": 256,  # commands in a pack
    "packBytes": 1048576,  # of a pack's commands together
    "commandsUnanswered": 1024,  # commands of one client that are not answered yet
    "replayRequestBytes": 65536,  # of a replay request's body
    "replaysUnanswered": 4,  # replay requests of one client that are not answered yet
    "waiters": 1024,  # requests of all clients that wait for a position at one time; one more is answered at once
    "waitMs": 30000,  # milliseconds that a request may wait for a position
    "groups": 64,  # names of groups
    "groupMembers": 64,  # members of a group
    "groupEventsHeld": 1000,  # events that a member holds, and that one fetch gets
    "groupEventsOut": 2048,  # events that all members of a group hold together
    "groupEventsAside": 1000,  # events of a group that are set aside
    "groupWaitMs": 10000,  # milliseconds that a fetch may wait
    "groupRequestsUnanswered": 16,  # group requests of one client that are not answered yet
    "eventsPerChunk": 4096,  # events in a chunk, whatever its request's `limit` says
    "topicsPerRequest": 256,  # topics in a replay request
    "topicBytes": 64,  # of a replay request's topic
    "subscriptionBytes": 1024,  # of a subscription to the feed
    "subscriptions": 2048,  # subscriptions of a connection, with those that were taken back
    "subscriptionsBytes": 16384,  # of these together; beyond, the connection is cut
    "messageFrames": 1024,  # frames of a message; beyond, the connection is cut
    "messageBytes": 16842752,  # of a message's frames together; beyond, the connection is cut
    "connections": 8192,  # connections to all endpoints
    "bytesPerSecondOfKey": 33554432,  # of commands a second, of one key; more are `busy`
    "halfOpen": 1024,  # connections whose handshake is not over; beyond, the one that began first is cut
    "handshakeMs": 10000,  # milliseconds that a connection's handshake may take
}
