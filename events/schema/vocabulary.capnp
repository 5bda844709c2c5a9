@0xd417725551ab927a;
# catlog's vocabulary: column groups, events, the log record, commands, receipts and the bus's small messages.
# Each column is declared here once. An Int64 or Float64 column that was never set reads as "absent".

using Cxx = import "/capnp/c++.capnp";
using D = import "declaration.capnp";
$Cxx.namespace("catlog::events::schema");

# ---- column groups -------------------------------------------------------------------------------------------

struct MovieFacts {
  tmdbId @0 :Int64 = D.nullInt $D.absent(refused) $D.least(1);
  title @1 :Text $D.absent(refused) $D.format(nonBlank);
  overview @2 :Text $D.absent(refused);
  releaseDate @3 :Text $D.absent(refused) $D.format(date);
  poster @4 :Text $D.absent(refused);
  backdrop @5 :Text $D.absent(refused);
  imdbId @6 :Text $D.absent(null);
  runtime @7 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.kept;
  budget @8 :Int64 = D.nullInt $D.absent(null) $D.least(0);
  revenue @9 :Int64 = D.nullInt $D.absent(null) $D.least(0);
}

struct Ratings {
  popularity @0 :Float64 = nan $D.least(0) $D.kept;
  rating @1 :Float64 = nan $D.least(0) $D.kept;
}

struct Genres {
  genreIds @0 :List(Int64) $D.assigned;
}

struct TitleTranslation {
  id @0 :Int64 = D.nullInt $D.assigned;
  language @1 :Text $D.absent(refused) $D.format(language);
  title @2 :Text $D.absent(refused);
  overview @3 :Text $D.absent(refused);
  tagline @4 :Text;
}

struct NameTranslation {
  id @0 :Int64 = D.nullInt $D.assigned;
  language @1 :Text $D.absent(refused) $D.format(language);
  name @2 :Text $D.absent(refused);
  overview @3 :Text $D.absent(refused);
  tagline @4 :Text;
}

struct TvShowFacts {
  tmdbId @0 :Int64 = D.nullInt $D.absent(refused) $D.least(1);
  name @1 :Text $D.absent(refused) $D.format(nonBlank);
  overview @2 :Text $D.absent(refused);
  firstAirDate @3 :Text $D.absent(refused) $D.format(date);
  poster @4 :Text $D.absent(refused);
  backdrop @5 :Text $D.absent(refused);
  imdbId @6 :Text $D.absent(null);
  status @7 :Text $D.absent(refused);
  tagline @8 :Text $D.absent(refused);
  type @9 :Text $D.absent(refused);
  inProduction @10 :Int64 = D.nullInt $D.absent(refused) $D.flag;
  episodeRunTime @11 :List(Int64) $D.format(positiveEach);
}

struct SeasonFacts {
  tvShowId @0 :Int64 = D.nullInt $D.assigned;
  seasonNumber @1 :Int64 = D.nullInt $D.absent(refused) $D.least(0);
  name @2 :Text $D.absent(refused) $D.format(nonBlank);
  overview @3 :Text $D.absent(refused);
  airDate @4 :Text $D.absent(refused) $D.format(date);
  episodeCount @5 :Int64 = D.nullInt $D.absent(refused) $D.least(0);
  poster @6 :Text $D.absent(refused);
}

struct EpisodeFacts {
  seasonId @0 :Int64 = D.nullInt $D.assigned;
  episodeNumber @1 :Int64 = D.nullInt $D.absent(refused) $D.least(0);
  name @2 :Text $D.absent(refused) $D.format(nonBlank);
  overview @3 :Text $D.absent(refused);
  airDate @4 :Text $D.absent(refused) $D.format(date);
  runtime @5 :Int64 = D.nullInt $D.absent(null) $D.least(0);
  stillPath @6 :Text $D.absent(null);
}

struct GenreFacts {
  tmdbId @0 :Int64 = D.nullInt $D.absent(refused) $D.least(1);
  name @1 :Text $D.absent(refused) $D.format(nonBlank);
}

struct GenreName {
  id @0 :Int64 = D.nullInt $D.assigned;
  language @1 :Text $D.absent(refused) $D.format(language);
  name @2 :Text $D.absent(refused);
}

struct SourceFacts {
  movieId @0 :Int64 = D.nullInt $D.assigned;
  quality @1 :Text $D.absent(refused) $D.kept;
  type @2 :Text $D.absent(refused) $D.kept;
  size @3 :Int64 = D.nullInt $D.absent(refused) $D.least(0) $D.kept;
  magnetUri @4 :Text $D.absent(refused);
  infoHash @5 :Text $D.absent(refused) $D.format(infoHash) $D.identity(hex);
  # Optional in a command: it is taken from the magnet, and must be equal to it when given.
  language @6 :Text $D.absent(refused) $D.format(language) $D.kept;
  title @7 :Text $D.absent(refused) $D.format(nonBlank);
}

struct Swarm {
  seeds @0 :Int64 = D.nullInt $D.least(0) $D.kept;
  peers @1 :Int64 = D.nullInt $D.least(0) $D.kept;
  lastSeen @2 :Int64 = D.nullInt $D.format(datetime) $D.kept;
  # Absent: the time of the command, if seeds or peers changed.
  score @3 :Float64 = nan $D.assigned $D.least(0) $D.most(10) $D.kept;
}

enum DownloadStatus {
  unset @0;
  downloading @1;
  completed @2;
  seeding @3;
  paused @4;
  error @5;
}

struct StorageStart {
  infoHash @0 :Text $D.absent(refused) $D.format(infoHash);
  status @1 :DownloadStatus $D.assigned $D.absent(refused) $D.kept;
}

struct StorageStatus {
  status @0 :DownloadStatus $D.absent(refused) $D.kept;
}

struct Transfer {
  downloadProgress @0 :Float64 = nan $D.absent(refused) $D.least(0) $D.most(1) $D.kept;
  uploadProgress @1 :Float64 = nan $D.absent(refused) $D.least(0) $D.most(1);
  peers @2 :Int64 = D.nullInt $D.least(0) $D.kept;
  downloaded @3 :Int64 = D.nullInt $D.least(0) $D.kept;
  uploaded @4 :Int64 = D.nullInt $D.least(0) $D.kept;
}

enum Role {
  unset @0;
  guest @1;
  user @2;
  admin @3;
}

struct UserFacts {
  username @0 :Text $D.absent(refused) $D.format(nonBlank) $D.identity(userName);
  passwordHash @1 :Text $D.absent(refused) $D.format(bcrypt) $D.secret;
  role @2 :Role $D.absent(refused) $D.kept;
  # In registerUser: `user` when absent.
  isActive @3 :Int64 = D.nullInt $D.absent(refused) $D.flag $D.kept;
  # In registerUser: true when absent.
}

struct Password {
  passwordHash @0 :Text $D.absent(refused) $D.format(bcrypt) $D.secret;
}

struct UserRole {
  role @0 :Role $D.absent(refused) $D.kept;
}

struct UserActive {
  isActive @0 :Int64 = D.nullInt $D.absent(refused) $D.flag $D.kept;
}

struct TokenFacts {
  id @0 :Int64 = D.nullInt $D.assigned;
  token @1 :Text $D.absent(refused) $D.format(nonBlank) $D.secret;
  # In a command the token itself; in the event and the table its SHA-256 in hex.
  expiresAt @2 :Int64 = D.nullInt $D.absent(refused) $D.format(datetime);
}

struct TraktFacts {
  id @0 :Int64 = D.nullInt $D.assigned;
  username @1 :Text $D.absent(refused) $D.format(nonBlank) $D.kept;
  accessToken @2 :Text $D.absent(refused) $D.format(nonBlank) $D.secret;
  refreshToken @3 :Text $D.absent(refused) $D.format(nonBlank) $D.secret;
  # In a command the tokens themselves; in the event and the table sealed.
  expiresAt @4 :Int64 = D.nullInt $D.absent(refused) $D.format(datetime);
}

struct ListFacts {
  name @0 :Text $D.absent(refused) $D.format(nonBlank);
  description @1 :Text $D.absent(refused);
  isPublic @2 :Int64 = D.nullInt $D.flag;
}

struct SyncFacts {
  key @0 :Text $D.absent(refused) $D.format(nonBlank);
  lastSync @1 :Int64 = D.nullInt $D.absent(refused) $D.format(datetime);
  data @2 :Text;
}

enum AuditAction {
  unset @0;
  login @1 $D.spelled("LOGIN");
  logout @2 $D.spelled("LOGOUT");
  loginFailure @3 $D.spelled("LOGIN_FAILURE");
  passwordChange @4 $D.spelled("PASSWORD_CHANGE");
  passwordResetRequest @5 $D.spelled("PASSWORD_RESET_REQUEST");
  passwordResetComplete @6 $D.spelled("PASSWORD_RESET_COMPLETE");
  tokenRefresh @7 $D.spelled("TOKEN_REFRESH");
  tokenInvalidation @8 $D.spelled("TOKEN_INVALIDATION");
  unauthorizedAccess @9 $D.spelled("UNAUTHORIZED_ACCESS");
  userCreation @10 $D.spelled("USER_CREATION");
  userUpdate @11 $D.spelled("USER_UPDATE");
  userDeletion @12 $D.spelled("USER_DELETION");
  roleChange @13 $D.spelled("ROLE_CHANGE");
  apiAccess @14 $D.spelled("API_ACCESS");
  apiError @15 $D.spelled("API_ERROR");
  configurationChange @16 $D.spelled("CONFIGURATION_CHANGE");
  securitySettingChange @17 $D.spelled("SECURITY_SETTING_CHANGE");
  suspiciousActivity @18 $D.spelled("SUSPICIOUS_ACTIVITY");
  rateLimitExceeded @19 $D.spelled("RATE_LIMIT_EXCEEDED");
  ipBlocked @20 $D.spelled("IP_BLOCKED");
  ipUnblocked @21 $D.spelled("IP_UNBLOCKED");
  other @22 $D.spelled("OTHER");
}

enum AuditSeverity {
  unset @0;
  info @1 $D.spelled("INFO");
  warning @2 $D.spelled("WARNING");
  error @3 $D.spelled("ERROR");
  critical @4 $D.spelled("CRITICAL");
}

struct AuditFacts {
  userId @0 :Int64 = D.nullInt $D.absent(null) $D.assigned;
  action @1 :AuditAction $D.absent(refused);
  resource @2 :Text $D.absent(null);
  severity @3 :AuditSeverity $D.absent(refused);
  metadata @4 :Text $D.absent(null) $D.format(json);
  ipAddress @5 :Text $D.absent(null);
  userAgent @6 :Text $D.absent(null);
}

struct RowId { id @0 :Int64 = D.nullInt; }
struct MovieId { movieId @0 :Int64 = D.nullInt; }
struct TvShowId { tvShowId @0 :Int64 = D.nullInt; }

# ---- the log record ------------------------------------------------------------------------------------------

struct Actor {
  userId @0 :Int64 = D.nullInt;
  ipAddress @1 :Text;
  userAgent @2 :Text;
}

struct Uuid { high @0 :UInt64; low @1 :UInt64; }
# The 16 bytes of a UUID, big-endian.

struct BatchMark {
  id @0 :Uuid $D.format(uuid);
  digest @1 :Data;
  unchanged @2 :List(UnchangedMember);
  # On a batch's last event: those of its commands that were unchanged, so that its receipt can be given again.
}

struct UnchangedMember {
  index @0 :UInt32;
  # Its place in the batch, from 0.
  entityId @1 :Int64 = D.nullInt;
  version @2 :UInt64;
}

struct Record {
  # One event in the log.
  position @0 :UInt64;
  recordedAt @1 :Int64 $D.format(datetime);
  commandId :group $D.format(uuid) { high @2 :UInt64; low @3 :UInt64; }
  commandDigest :group $D.format(digest) { word0 @4 :UInt64; word1 @5 :UInt64; word2 @6 :UInt64; word3 @7 :UInt64; }
  # SHA-256 of the command in canonical form.
  streamId @8 :Int64;
  streamVersion @9 :UInt64;
  previousInStream @10 :UInt64;
  # Position of the stream's previous event; 0: this is its first.
  index @11 :UInt32;
  count @12 :UInt32;
  # This is event `index` (from 0) of the `count` that were committed for one message: a command, or a whole batch.
  stream @13 :D.Entity;
  correlationId @14 :Text;
  causationId @15 :Text;
  actor @16 :Actor;
  batch @17 :BatchMark;
  # Only on events of a batch: its id and digest, beside the id and digest of the one command.
  subjectId @18 :Int64 = D.nullInt;
  subject @19 :D.Entity;
  # What the command was about (its receipt says so, `createdBy` finds it); unset: nothing in particular.

  event :union {
    unset @20 :Void;

    movieDescribed @21 :MovieFacts $D.does(op = create, entity = movie, group = 1);
    movieRated @22 :Ratings $D.does(op = update, entity = movie, group = 2);
    movieGenresAssigned @23 :Genres $D.does(op = assign, entity = movieGenre, group = 3);
    movieRemoved @24 :Void $D.does(op = remove, entity = movie);
    movieTranslated @25 :TitleTranslation $D.does(op = create, entity = movieTranslation, group = 1);
    movieTranslationRemoved @26 :RowId $D.does(op = remove, entity = movieTranslation);

    tvShowDescribed @27 :TvShowFacts $D.does(op = create, entity = tvShow, group = 1);
    tvShowRated @28 :Ratings $D.does(op = update, entity = tvShow, group = 2);
    tvShowGenresAssigned @29 :Genres $D.does(op = assign, entity = tvShowGenre, group = 3);
    tvShowRemoved @30 :Void $D.does(op = remove, entity = tvShow);
    tvShowTranslated @31 :NameTranslation $D.does(op = create, entity = tvShowTranslation, group = 1);
    tvShowTranslationRemoved @32 :RowId $D.does(op = remove, entity = tvShowTranslation);

    seasonDescribed @33 :SeasonFacts $D.does(op = create, entity = season, group = 1);
    seasonRemoved @34 :Void $D.does(op = remove, entity = season);
    episodeDescribed @35 :EpisodeFacts $D.does(op = create, entity = episode, group = 1);
    episodeRemoved @36 :Void $D.does(op = remove, entity = episode);

    genreDescribed @37 :GenreFacts $D.does(op = create, entity = genre, group = 1);
    genreRemoved @38 :Void $D.does(op = remove, entity = genre);
    genreTranslated @39 :GenreName $D.does(op = create, entity = genreTranslation, group = 1);
    genreTranslationRemoved @40 :RowId $D.does(op = remove, entity = genreTranslation);

    movieSourceAdded @41 :SourceFacts $D.does(op = create, entity = movieSource, group = 1);
    swarmObserved @42 :Swarm $D.does(op = update, entity = movieSource, group = 2);
    movieSourceRescored @43 :Swarm $D.does(op = update, entity = movieSource, group = 2);
    movieSourceRemoved @44 :Void $D.does(op = remove, entity = movieSource);

    downloadStarted @45 :StorageStart $D.does(op = create, entity = storage);
    transferReported @46 :Transfer $D.does(op = update, entity = storage, group = 1);
    downloadStatusReported @47 :StorageStatus $D.does(op = update, entity = storage);
    downloadPaused @48 :StorageStatus $D.does(op = update, entity = storage);
    downloadResumed @49 :StorageStatus $D.does(op = update, entity = storage);
    downloadFailed @50 :StorageStatus $D.does(op = update, entity = storage);
    storageRemoved @51 :Void $D.does(op = remove, entity = storage);

    userRegistered @52 :UserFacts $D.does(op = create, entity = user);
    passwordChanged @53 :Password $D.does(op = update, entity = user);
    roleAssigned @54 :UserRole $D.does(op = update, entity = user);
    userActivated @55 :UserActive $D.does(op = update, entity = user);
    userDeactivated @56 :UserActive $D.does(op = update, entity = user);
    userRemoved @57 :Void $D.does(op = remove, entity = user);

    refreshTokenIssued @58 :TokenFacts $D.does(op = create, entity = refreshToken);
    refreshTokenRevoked @59 :RowId $D.does(op = remove, entity = refreshToken);
    refreshTokenExpired @60 :RowId $D.does(op = remove, entity = refreshToken);

    traktLinked @61 :TraktFacts $D.does(op = create, entity = traktUser, group = 1);
    traktRefreshed @62 :TraktFacts $D.does(op = create, entity = traktUser, group = 1);
    traktUnlinked @63 :RowId $D.does(op = remove, entity = traktUser);

    mediaListCreated @64 :ListFacts $D.does(op = create, entity = mediaList, group = 1);
    mediaListRevised @65 :ListFacts $D.does(op = create, entity = mediaList, group = 1);
    mediaListRemoved @66 :Void $D.does(op = remove, entity = mediaList);
    movieListed @67 :MovieId $D.does(op = link, entity = mediaListMovie);
    tvShowListed @68 :TvShowId $D.does(op = link, entity = mediaListTvShow);
    movieDelisted @69 :MovieId $D.does(op = unlink, entity = mediaListMovie);
    tvShowDelisted @70 :TvShowId $D.does(op = unlink, entity = mediaListTvShow);

    syncRecorded @71 :SyncFacts $D.does(op = create, entity = syncState, group = 1);

    auditRecorded @72 :AuditFacts $D.does(op = create, entity = auditLog);
    auditLogPurged @73 :Void $D.does(op = remove, entity = auditLog);
  }
}

# ---- commands ------------------------------------------------------------------------------------------------
# References: exactly one of `id`, `createdBy` (the id of the command that created the thing) and the natural key.

struct MovieRef $D.names(movie) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  tmdbId @2 :Int64 = D.nullInt;
  imdbId @3 :Text;
  # Not a key: refused as `invalid` when several movies have it.
}
struct TvShowRef $D.names(tvShow) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  tmdbId @2 :Int64 = D.nullInt;
}
struct SeasonRef $D.names(season) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  tvShow @2 :TvShowRef;
  seasonNumber @3 :Int64 = D.nullInt;
}
struct EpisodeRef $D.names(episode) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  season @2 :SeasonRef;
  episodeNumber @3 :Int64 = D.nullInt;
}
struct GenreRef $D.names(genre) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  tmdbId @2 :Int64 = D.nullInt;
}
struct SourceRef $D.names(movieSource) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  infoHash @2 :Text $D.identity(hex);
}
struct StorageRef $D.names(storage) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  infoHash @2 :Text $D.identity(hex);
}
struct UserRef $D.names(user) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  username @2 :Text;
}
struct TokenRef $D.names(refreshToken) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  token @2 :Text $D.secret;
}
struct ListRef $D.names(mediaList) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
}

struct PutMovie {
  facts @0 :MovieFacts $D.flatten;
  ratings @1 :Ratings $D.flatten;
  genres @2 :List(GenreRef);
}
struct RateMovie {
  movie @0 :MovieRef;
  ratings @1 :Ratings $D.flatten;
}
struct AssignMovieGenres {
  movie @0 :MovieRef;
  genres @1 :List(GenreRef);
}
struct RemoveMovie { movie @0 :MovieRef; }
struct PutMovieTranslation {
  movie @0 :MovieRef;
  text @1 :TitleTranslation $D.flatten;
}
struct RemoveMovieTranslation {
  movie @0 :MovieRef;
  language @1 :Text;
}

struct PutTvShow {
  facts @0 :TvShowFacts $D.flatten;
  ratings @1 :Ratings $D.flatten;
  genres @2 :List(GenreRef);
}
struct RateTvShow {
  tvShow @0 :TvShowRef;
  ratings @1 :Ratings $D.flatten;
}
struct AssignTvShowGenres {
  tvShow @0 :TvShowRef;
  genres @1 :List(GenreRef);
}
struct RemoveTvShow {
  tvShow @0 :TvShowRef;
  withSeasons @1 :Int64 = D.nullInt $D.flag;
}
struct PutTvShowTranslation {
  tvShow @0 :TvShowRef;
  text @1 :NameTranslation $D.flatten;
}
struct RemoveTvShowTranslation {
  tvShow @0 :TvShowRef;
  language @1 :Text;
}

struct PutSeason {
  tvShow @0 :TvShowRef;
  facts @1 :SeasonFacts $D.flatten;
}
struct RemoveSeason { season @0 :SeasonRef; }
struct PutEpisode {
  season @0 :SeasonRef;
  facts @1 :EpisodeFacts $D.flatten;
}
struct RemoveEpisode { episode @0 :EpisodeRef; }

struct PutGenre { facts @0 :GenreFacts $D.flatten; }
struct RemoveGenre { genre @0 :GenreRef; }
struct PutGenreTranslation {
  genre @0 :GenreRef;
  text @1 :GenreName $D.flatten;
}
struct RemoveGenreTranslation {
  genre @0 :GenreRef;
  language @1 :Text;
}

struct AddMovieSource {
  movie @0 :MovieRef;
  facts @1 :SourceFacts $D.flatten;
  swarm @2 :Swarm $D.flatten;
}
struct ObserveSwarm {
  source @0 :SourceRef;
  swarm @1 :Swarm $D.flatten;
}
struct RescoreSources {
  after @0 :Int64 = D.nullInt;
  limit @1 :Int64 = D.nullInt;
}
struct RemoveMovieSource { source @0 :SourceRef; }

struct StartDownload { source @0 :SourceRef; }
struct ReportTransfer {
  storage @0 :StorageRef;
  status @1 :DownloadStatus;
  transfer @2 :Transfer $D.flatten;
}
struct OnStorage { storage @0 :StorageRef; }

struct RegisterUser { facts @0 :UserFacts $D.flatten; }
struct ChangePassword {
  user @0 :UserRef;
  password @1 :Password $D.flatten;
}
struct AssignRole {
  user @0 :UserRef;
  role @1 :Role;
}
struct OnUser { user @0 :UserRef; }

struct IssueRefreshToken {
  user @0 :UserRef;
  facts @1 :TokenFacts $D.flatten;
}
struct RevokeRefreshToken { token @0 :TokenRef; }
struct ExpireRefreshTokens {
  before @0 :Int64 = D.nullInt $D.format(datetime);
  # Absent: the time of the command.
}

struct LinkTrakt {
  user @0 :UserRef;
  facts @1 :TraktFacts $D.flatten;
}
struct RefreshTrakt {
  user @0 :UserRef;
  accessToken @1 :Text $D.secret;
  refreshToken @2 :Text $D.secret;
  expiresAt @3 :Int64 = D.nullInt $D.format(datetime);
}

struct CreateMediaList { facts @0 :ListFacts $D.flatten; }
struct ReviseMediaList {
  mediaList @0 :ListRef;
  facts @1 :ListFacts $D.flatten;
}
struct RemoveMediaList { mediaList @0 :ListRef; }
struct OnListEntry {
  mediaList @0 :ListRef;
  movie @1 :MovieRef;
  tvShow @2 :TvShowRef;
  # Exactly one of the two.
}

struct RecordSync { facts @0 :SyncFacts $D.flatten; }

struct RecordAudit {
  user @0 :UserRef;
  facts @1 :AuditFacts $D.flatten;
}
struct PurgeAuditLogs {
  before @0 :Int64 = D.nullInt $D.format(datetime);
  severity @1 :AuditSeverity;
  # Absent: rows of any.
}

struct Batch { commands @0 :List(Command); }

struct Command {
  id @0 :Text $D.identity(uuid);
  expectedVersion @1 :Int64 = -1;
  # -1: any. 0: must create. Else the stream's version that the producer saw.
  actor @2 :Actor;
  correlationId @3 :Text $D.identity(uuid);
  causationId @4 :Text $D.identity(uuid);

  union {
    unset @5 :Void;
    putMovie @6 :PutMovie
      $D.says("Creates the movie with this `tmdbId` or brings its facts, ratings and genres up to date; needs title (not blank), overview, releaseDate, poster and backdrop (empty text where unknown); `notFound` when a genre is not there.")
      $D.example("{\"putMovie\":{\"tmdbId\":10378,\"title\":\"Big Buck Bunny\",\"overview\":\"A giant rabbit takes his revenge on three rodents.\",\"releaseDate\":\"2008-05-20\",\"poster\":\"\",\"backdrop\":\"\",\"imdbId\":\"tt1254207\",\"runtime\":10,\"budget\":150000,\"revenue\":0,\"popularity\":11.4,\"rating\":6.6,\"genres\":[{\"tmdbId\":16},{\"tmdbId\":35}]}}");
    rateMovie @7 :RateMovie
      $D.says("Sets a movie's popularity and rating, both finite and >= 0; `notFound` when the movie is not there.")
      $D.example("{\"rateMovie\":{\"movie\":{\"tmdbId\":10378},\"popularity\":12.25,\"rating\":6.7}}");
    assignMovieGenres @8 :AssignMovieGenres
      $D.says("Replaces all genres of a movie by these (none: takes them all away); `notFound` when the movie or a genre is not there.")
      $D.example("{\"assignMovieGenres\":{\"movie\":{\"tmdbId\":10378},\"genres\":[{\"tmdbId\":16},{\"tmdbId\":35},{\"tmdbId\":10751}]}}");
    removeMovie @9 :RemoveMovie
      $D.says("Deletes a movie with its translations, genre links and list entries; `restricted` while it has sources.")
      $D.example("{\"removeMovie\":{\"movie\":{\"tmdbId\":10378}}}");
    putMovieTranslation @10 :PutMovieTranslation
      $D.says("Creates or brings up to date a movie's texts in one language (ISO 639-1; es-MX is cut to es); needs title and overview, which may be empty; `notFound` when the movie is not there.")
      $D.example("{\"putMovieTranslation\":{\"movie\":{\"tmdbId\":10378},\"language\":\"es\",\"title\":\"El gran conejo\",\"overview\":\"Un conejo gigante se venga de tres roedores.\",\"tagline\":\"\"}}");
    removeMovieTranslation @11 :RemoveMovieTranslation
      $D.says("Deletes a movie's texts in one language; `notFound` when the movie has none in it.")
      $D.example("{\"removeMovieTranslation\":{\"movie\":{\"tmdbId\":10378},\"language\":\"es\"}}");
    putTvShow @12 :PutTvShow
      $D.says("Creates the show with this `tmdbId` or brings its facts, ratings and genres up to date; needs name (not blank), overview, firstAirDate, poster, backdrop, status, tagline, type and inProduction; `invalid` when an episodeRunTime is not positive, `notFound` when a genre is not there.")
      $D.example("{\"putTvShow\":{\"tmdbId\":1930,\"name\":\"The Beverly Hillbillies\",\"overview\":\"A mountain family strikes oil and moves to Beverly Hills.\",\"firstAirDate\":\"1962-09-26\",\"poster\":\"\",\"backdrop\":\"\",\"imdbId\":\"tt0055662\",\"status\":\"Ended\",\"tagline\":\"\",\"type\":\"Scripted\",\"inProduction\":false,\"episodeRunTime\":[25],\"popularity\":21.5,\"rating\":7.1,\"genres\":[{\"tmdbId\":35}]}}");
    rateTvShow @13 :RateTvShow
      $D.says("Sets a show's popularity and rating, both finite and >= 0; `notFound` when the show is not there.")
      $D.example("{\"rateTvShow\":{\"tvShow\":{\"tmdbId\":1930},\"popularity\":20.75,\"rating\":7.2}}");
    assignTvShowGenres @14 :AssignTvShowGenres
      $D.says("Replaces all genres of a show by these (none: takes them all away); `notFound` when the show or a genre is not there.")
      $D.example("{\"assignTvShowGenres\":{\"tvShow\":{\"tmdbId\":1930},\"genres\":[{\"tmdbId\":35},{\"tmdbId\":10751}]}}");
    removeTvShow @15 :RemoveTvShow
      $D.says("Deletes a show with its translations, genre links and list entries; `restricted` while it has seasons, unless `withSeasons` is true: then they and their episodes go first.")
      $D.example("{\"removeTvShow\":{\"tvShow\":{\"tmdbId\":1930},\"withSeasons\":true}}");
    putTvShowTranslation @16 :PutTvShowTranslation
      $D.says("Creates or brings up to date a show's texts in one language (ISO 639-1; es-MX is cut to es); needs name and overview, which may be empty; `notFound` when the show is not there.")
      $D.example("{\"putTvShowTranslation\":{\"tvShow\":{\"tmdbId\":1930},\"language\":\"de\",\"name\":\"Die Beverly Hillbillies sind los\",\"overview\":\"Eine Familie aus den Bergen zieht nach Beverly Hills.\",\"tagline\":\"\"}}");
    removeTvShowTranslation @17 :RemoveTvShowTranslation
      $D.says("Deletes a show's texts in one language; `notFound` when the show has none in it.")
      $D.example("{\"removeTvShowTranslation\":{\"tvShow\":{\"tmdbId\":1930},\"language\":\"de\"}}");
    putSeason @18 :PutSeason
      $D.says("Creates the season with this number of a show or brings it up to date; needs name (not blank), overview, airDate, episodeCount and poster; `notFound` when the show is not there.")
      $D.example("{\"putSeason\":{\"tvShow\":{\"tmdbId\":1930},\"seasonNumber\":1,\"name\":\"Season 1\",\"overview\":\"\",\"airDate\":\"1962-09-26\",\"episodeCount\":36,\"poster\":\"\"}}");
    removeSeason @19 :RemoveSeason
      $D.says("Deletes a season with all its episodes; `notFound` when it is not there.")
      $D.example("{\"removeSeason\":{\"season\":{\"tvShow\":{\"tmdbId\":1930},\"seasonNumber\":1}}}");
    putEpisode @20 :PutEpisode
      $D.says("Creates the episode with this number of a season or brings it up to date; needs name (not blank), overview and airDate; `notFound` when the season is not there.")
      $D.example("{\"putEpisode\":{\"season\":{\"tvShow\":{\"tmdbId\":1930},\"seasonNumber\":1},\"episodeNumber\":1,\"name\":\"The Clampetts Strike Oil\",\"overview\":\"Jed shoots at some food and hits oil.\",\"airDate\":\"1962-09-26\",\"runtime\":25,\"stillPath\":null}}");
    removeEpisode @21 :RemoveEpisode
      $D.says("Deletes an episode; `notFound` when it is not there.")
      $D.example("{\"removeEpisode\":{\"episode\":{\"season\":{\"tvShow\":{\"tmdbId\":1930},\"seasonNumber\":1},\"episodeNumber\":1}}}");
    putGenre @22 :PutGenre
      $D.says("Creates the genre with this `tmdbId` or gives it this name (not blank).")
      $D.example("{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}");
    removeGenre @23 :RemoveGenre
      $D.says("Deletes a genre with its translations; `restricted` while a movie or a show has it.")
      $D.example("{\"removeGenre\":{\"genre\":{\"tmdbId\":16}}}");
    putGenreTranslation @24 :PutGenreTranslation
      $D.says("Creates or changes a genre's name in one language (ISO 639-1; es-MX is cut to es); `notFound` when the genre is not there.")
      $D.example("{\"putGenreTranslation\":{\"genre\":{\"tmdbId\":16},\"language\":\"ja\",\"name\":\"アニメーション\"}}");
    removeGenreTranslation @25 :RemoveGenreTranslation
      $D.says("Deletes a genre's name in one language; `notFound` when the genre has none in it.")
      $D.example("{\"removeGenreTranslation\":{\"genre\":{\"tmdbId\":16},\"language\":\"ja\"}}");
    addMovieSource @26 :AddMovieSource
      $D.says("Adds a torrent to a movie and scores it; the infoHash is taken from the magnetUri; needs quality, type, size, language and title; `unchanged` when the movie has it already, `duplicate` when another movie has it, `invalid` when the magnet names no infoHash or another one than given.")
      $D.example("{\"addMovieSource\":{\"movie\":{\"tmdbId\":10378},\"quality\":\"1080p\",\"type\":\"web\",\"size\":276445467,\"magnetUri\":\"magnet:?xt=urn:btih:dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c&dn=Big+Buck+Bunny\",\"language\":\"en\",\"title\":\"Big Buck Bunny\",\"seeds\":120,\"peers\":14,\"lastSeen\":\"2026-01-15T10:30:00Z\"}}");
    observeSwarm @27 :ObserveSwarm
      $D.says("Sets a source's seeds and peers (both >= 0) as seen at `lastSeen` (absent: now, if they changed) and scores it anew; `notFound` when the source is not there.")
      $D.example("{\"observeSwarm\":{\"source\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"},\"seeds\":131,\"peers\":9,\"lastSeen\":\"2026-01-16T10:30:00Z\"}}");
    rescoreSources @28 :RescoreSources
      $D.says("Scores anew the sources with ids after `after` (absent: from the first), at most `limit` of them, with today's formula; `unchanged` when no score moves.")
      $D.example("{\"rescoreSources\":{\"after\":0,\"limit\":100}}");
    removeMovieSource @29 :RemoveMovieSource
      $D.says("Deletes a source; `restricted` while a download is stored for it.")
      $D.example("{\"removeMovieSource\":{\"source\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    startDownload @30 :StartDownload $D.allowed(user)
      $D.says("Starts the download of a source with status downloading and nothing transferred; `notFound` when the source is not there, `duplicate` when its download is there already.")
      $D.example("{\"startDownload\":{\"source\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    reportTransfer @31 :ReportTransfer $D.allowed(user)
      $D.says("Records how far a transfer is: both progresses (0..1), peers, bytes, and its status if that moved on; `invalid` when the status cannot follow the present one (downloading, completed, seeding is the way).")
      $D.example("{\"reportTransfer\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"},\"status\":\"downloading\",\"downloadProgress\":0.42,\"uploadProgress\":0.05,\"peers\":14,\"downloaded\":116107096,\"uploaded\":13822273}}");
    pauseDownload @32 :OnStorage $D.allowed(user)
      $D.says("Pauses a download that is downloading or seeding; one that is paused is `unchanged`, any other `invalid`.")
      $D.example("{\"pauseDownload\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    resumeDownload @33 :OnStorage $D.allowed(user)
      $D.says("Takes up a paused or failed download where it was; one that goes on already is `unchanged`, any other `invalid`.")
      $D.example("{\"resumeDownload\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    failDownload @34 :OnStorage $D.allowed(user)
      $D.says("Marks a download as failed (status error), whatever it was doing; one that failed already is `unchanged`.")
      $D.example("{\"failDownload\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    removeStorage @35 :OnStorage $D.allowed(user)
      $D.says("Deletes the record of a download, so that its source may be removed; `notFound` when it is not there.")
      $D.example("{\"removeStorage\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    registerUser @36 :RegisterUser
      $D.says("Registers a user; needs a username nobody has and a bcrypt passwordHash (never a plain password); role is user and isActive true when absent; `duplicate` when the name is taken.")
      $D.example("{\"registerUser\":{\"username\":\"ada\",\"passwordHash\":\"$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S\",\"role\":\"user\",\"isActive\":true}}");
    changePassword @37 :ChangePassword $D.allowed(own)
      $D.says("Gives a user another bcrypt passwordHash; `invalid` when it is not one, `notFound` when the user is not there.")
      $D.example("{\"changePassword\":{\"user\":{\"username\":\"ada\"},\"passwordHash\":\"$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S\"}}");
    assignRole @38 :AssignRole
      $D.says("Gives a user the role guest, user or admin; `notFound` when the user is not there.")
      $D.example("{\"assignRole\":{\"user\":{\"username\":\"ada\"},\"role\":\"admin\"}}");
    activateUser @39 :OnUser
      $D.says("Makes a user active; `unchanged` when the user is already.")
      $D.example("{\"activateUser\":{\"user\":{\"username\":\"ada\"}}}");
    deactivateUser @40 :OnUser
      $D.says("Makes a user inactive and revokes all the user's refresh tokens; `unchanged` when the user is already.")
      $D.example("{\"deactivateUser\":{\"user\":{\"username\":\"ada\"}}}");
    removeUser @41 :OnUser
      $D.says("Deletes a user with all refresh tokens and the Trakt link; the user's audit rows stay without a user.")
      $D.example("{\"removeUser\":{\"user\":{\"username\":\"ada\"}}}");
    issueRefreshToken @42 :IssueRefreshToken $D.allowed(own)
      $D.says("Records a refresh token of a user, of which only the digest is kept; needs token and expiresAt; `inactiveUser` when the user is inactive, `duplicate` when the token is known.")
      $D.example("{\"issueRefreshToken\":{\"user\":{\"username\":\"ada\"},\"token\":\"demo-refresh-token-of-ada\",\"expiresAt\":\"2027-01-15T10:30:00Z\"}}");
    revokeRefreshToken @43 :RevokeRefreshToken $D.allowed(own)
      $D.says("Deletes a refresh token; `notFound` when it is not there.")
      $D.example("{\"revokeRefreshToken\":{\"token\":{\"token\":\"demo-refresh-token-of-ada\"}}}");
    expireRefreshTokens @44 :ExpireRefreshTokens
      $D.says("Deletes refresh tokens that expire by this time (absent: now), up to 1,000; send it again until it is `unchanged`.")
      $D.example("{\"expireRefreshTokens\":{\"before\":\"2026-01-15T10:30:00Z\"}}");
    linkTrakt @45 :LinkTrakt $D.allowed(ownUser)
      $D.says("Links a user to a Trakt account or replaces the link; needs username, accessToken, refreshToken and expiresAt; the tokens are sealed under the user's key before they are stored.")
      $D.example("{\"linkTrakt\":{\"user\":{\"username\":\"ada\"},\"username\":\"ada-on-trakt\",\"accessToken\":\"demo-access-token\",\"refreshToken\":\"demo-refresh-token\",\"expiresAt\":\"2026-04-15T10:30:00Z\"}}");
    refreshTrakt @46 :RefreshTrakt $D.allowed(ownUser)
      $D.says("Replaces both tokens of a user's Trakt link and their expiresAt; `notFound` when the user has no link.")
      $D.example("{\"refreshTrakt\":{\"user\":{\"username\":\"ada\"},\"accessToken\":\"demo-access-token-2\",\"refreshToken\":\"demo-refresh-token-2\",\"expiresAt\":\"2026-07-15T10:30:00Z\"}}");
    unlinkTrakt @47 :OnUser $D.allowed(ownUser)
      $D.says("Deletes a user's Trakt link; `notFound` when the user has none.")
      $D.example("{\"unlinkTrakt\":{\"user\":{\"username\":\"ada\"}}}");
    createMediaList @48 :CreateMediaList $D.allowed(user)
      $D.says("Creates a list of titles; needs name (not blank) and description (may be empty); it is private unless isPublic is true.")
      $D.example("{\"createMediaList\":{\"name\":\"Open movies\",\"description\":\"Made in the open, with Blender.\",\"isPublic\":true}}");
    reviseMediaList @49 :ReviseMediaList $D.allowed(user)
      $D.says("Changes a list's name, description and isPublic; `notFound` when the list is not there.")
      $D.example("{\"reviseMediaList\":{\"mediaList\":{\"id\":1},\"name\":\"Open movies\",\"description\":\"Films made in the open, free to share.\",\"isPublic\":true}}");
    removeMediaList @50 :RemoveMediaList $D.allowed(user)
      $D.says("Deletes a list with its entries, not the titles; `notFound` when it is not there.")
      $D.example("{\"removeMediaList\":{\"mediaList\":{\"id\":1}}}");
    listTitle @51 :OnListEntry $D.allowed(user)
      $D.says("Puts one movie or one show on a list; `unchanged` when it is on it already, `notFound` when the list or the title is not there, `invalid` unless exactly one of movie and tvShow is given.")
      $D.example("{\"listTitle\":{\"mediaList\":{\"id\":1},\"movie\":{\"tmdbId\":10378}}}");
    delistTitle @52 :OnListEntry $D.allowed(user)
      $D.says("Takes one movie or one show off a list; `invalid` unless exactly one of movie and tvShow is given.")
      $D.example("{\"delistTitle\":{\"mediaList\":{\"id\":1},\"tvShow\":{\"tmdbId\":1930}}}");
    recordSync @53 :RecordSync
      $D.says("Creates or brings up to date the state of the background task with this key; needs key and lastSync; `data` is any text the task wants back.")
      $D.example("{\"recordSync\":{\"key\":\"tmdb:popular-movies\",\"lastSync\":\"2026-01-15T10:30:00Z\",\"data\":\"{\\\"page\\\":3}\"}}");
    recordAudit @54 :RecordAudit
      $D.says("Appends an audit row; needs action and severity; user, resource, metadata (a JSON text), ipAddress and userAgent are optional; `notFound` when the user named is not there.")
      $D.example("{\"recordAudit\":{\"user\":{\"username\":\"ada\"},\"action\":\"LOGIN\",\"resource\":\"/auth/login\",\"severity\":\"INFO\",\"metadata\":\"{\\\"method\\\":\\\"password\\\"}\",\"ipAddress\":\"192.0.2.10\",\"userAgent\":\"Miauflix/1.0\"}}");
    purgeAuditLogs @55 :PurgeAuditLogs
      $D.says("Deletes audit rows that were written before this time, of this severity (absent: of any), the oldest 1,000; needs `before`; send it again until it is `unchanged`.")
      $D.example("{\"purgeAuditLogs\":{\"before\":\"2025-01-01T00:00:00Z\"}}");
    batch @56 :Batch $D.allowed(own)
      $D.says("Judges several commands as one: all are accepted or all refused, later ones see earlier ones, and each has its own id and receipt; `invalid` when one of them is a batch.")
      $D.example("{\"batch\":{\"commands\":[{\"id\":\"01936b2e-8c00-7000-8000-000000000001\",\"createMediaList\":{\"name\":\"Animation nights\",\"description\":\"\",\"isPublic\":false}},{\"id\":\"01936b2e-8c00-7000-8000-000000000002\",\"listTitle\":{\"mediaList\":{\"createdBy\":\"01936b2e-8c00-7000-8000-000000000001\"},\"movie\":{\"tmdbId\":10378}}}]}}");
    # Each command in it is judged by its own rule.
  }

  wantHead @57 :Int64 = D.nullInt $D.flag;
  # Whether the receipt carries the log's Merkle head; of a batch only the batch's own counts.
}

# ---- the Merkle tree -----------------------------------------------------------------------------------------

struct TreeHead {
  size @0 :UInt64;
  # How many records it is over.
  root @1 :Text;
  # SHA-256 in hex.
}

struct Proof {
  # What `catlog prove` writes: RFC 9162 sections 2.1.3 and 2.1.4.
  logId @0 :Text;
  union {
    unset @1 :Void;
    inclusion :group {
      position @2 :UInt64;
      leafHash @3 :Text;
      record @4 :Text;
      # The framed record in hex, when it was asked for; its hash is leafHash then.
    }
    consistency :group {
      from @5 :TreeHead;
    }
  }
  head @6 :TreeHead;
  path @7 :List(Text);
  # Hashes in hex, from the leaf's side to the root's.
}

# ---- receipts ------------------------------------------------------------------------------------------------

enum RefusalCode {
  unset @0;
  malformed @1;
  tooLarge @2;
  notFound @3;
  duplicate @4;
  versionConflict @5;
  restricted @6;
  invalid @7;
  inactiveUser @8;
  forbidden @9;
  commandIdReused @10;
  storageFull @11;
  busy @12;
  outOfOrder @13;
  tooLate @14;
  batchRefused @15;
}

struct Receipt {
  id @0 :Text;
  # The command's id; absent when it could not be read.
  union {
    unset @1 :Void;
    accepted :group {
      firstPosition @2 :UInt64;
      lastPosition @3 :UInt64;
      entityId @4 :Int64 = D.nullInt;
      version @5 :UInt64;
    }
    unchanged :group {
      entityId @6 :Int64 = D.nullInt;
      version @7 :UInt64;
    }
    refused :group {
      code @8 :RefusalCode;
      field @9 :Text;
      message @10 :Text;
    }
  }
  receipts @11 :List(Receipt);
  # Of a batch: one for each of its commands.
  head @12 :TreeHead;
  # When the command asked for it: of the log that has the command's events.
}

# ---- feed and replay -----------------------------------------------------------------------------------------

struct ChangeHeader {
  logId @0 :Text;
  position @1 :UInt64;
  previousInTable @2 :UInt64;
  previousInStream @3 :UInt64;
  commandId @4 :Text;
  withheldBytes @5 :Int64 = D.nullInt;
  # The record's size in this encoding, when that is over a frame's limit: the payload has no event then.
}

struct TablePosition { table @0 :Text; position @1 :UInt64; }

struct Head {
  logId @0 :Text;
  position @1 :UInt64;
  # The position that the read model holds.
  tables @2 :List(TablePosition);
}

struct ReplayRequest {
  union {
    unset @0 :Void;
    read :group {
      from @1 :UInt64 = 1;
      limit @2 :UInt64 = 1000;
      topics @3 :List(Text);
      # Prefixes of `movies/42/`; none: everything.
      logId @5 :Text;
      # Of the log that `from` is a position in; absent: whichever is here.
      lastCommandId @6 :Text;
      # Of the event in front of `from`, as its header or the chunk before named it; absent: whichever is there.
    }
    status @4 :Void;
  }
}

struct ReplayAnswer {
  union {
    unset @0 :Void;
    chunk :group {
      next @1 :UInt64;
      # Where to read on.
      events @2 :UInt64;
      # How many follow, each as topic, header, payload.
      atHead @3 :Bool;
      lastCommandId @6 :Text;
      # Of the event in front of `next`, for the next request; absent when that is position 1.
    }
    status @4 :LogStatus;
    refused @5 :Text;
  }
}

struct LogStatus {
  logId @0 :Text;
  head @1 :UInt64;
  recordedAt @2 :Int64 $D.format(datetime);
  root @3 :Text;
  # The Merkle root over all records up to the head, in hex.
}

# ---- backups -------------------------------------------------------------------------------------------------

struct ForkedFrom {
  # Where a log branched off from the history of another.
  logId @0 :Text;
  position @1 :UInt64;
  # The last one that both have.
  root @2 :Data;
  # Of the tree over the events up to it.
}

struct BackupSegment {
  # A file with the records of these positions, one behind the other.
  file @0 :Text;
  from @1 :UInt64;
  to @2 :UInt64;
  bytes @3 :UInt64;
  sha256 @4 :Data;
  root @5 :Data;
  # Of the log's tree at `to`.
}

struct BackupFile {
  # What else of a data directory was kept: `name` there, `file` here.
  name @0 :Text;
  file @1 :Text;
  bytes @2 :UInt64;
  sha256 @3 :Data;
}

struct BackupManifest {
  format @0 :UInt64;
  logId @1 :Text;
  forkedFrom @2 :ForkedFrom;
  segments @3 :List(BackupSegment);
  frontier @4 :Data;
  # Of the tree at the last segment's end, so that the next run can go on from there.
  files @5 :List(BackupFile);
}
