@0xd417725551ab927a;
# catlog's vocabulary: column groups, events, the log record, commands, receipts and the bus's small messages.
# Each column is declared here once. An Int64 or Float64 column that was never set reads as "absent".

using Cxx = import "/capnp/c++.capnp";
using D = import "declaration.capnp";
$Cxx.namespace("catlog::events::schema");

# ---- column groups -------------------------------------------------------------------------------------------

struct MovieFacts {
  tmdbId @0 :Int64 = D.nullInt $D.absent(refused) $D.least(1) $D.says("The movie's id at TMDB, its natural key");
  title @1 :Text $D.absent(refused) $D.format(nonBlank) $D.says("Its title");
  overview @2 :Text $D.absent(refused) $D.says("What it is about");
  releaseDate @3 :Text $D.absent(refused) $D.format(date) $D.says("The day of its first release; empty: not known");
  poster @4 :Text $D.absent(refused) $D.says("Path of its poster at TMDB; empty: none");
  backdrop @5 :Text $D.absent(refused) $D.says("Path of its backdrop at TMDB; empty: none");
  imdbId @6 :Text $D.absent(null) $D.says("Its id at IMDb, such as tt1254207");
  runtime @7 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.kept $D.says("Its length in minutes");
  budget @8 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.says("What it cost, in US dollars");
  revenue @9 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.says("What it took, in US dollars");
}

struct Ratings {
  popularity @0 :Float64 = nan $D.least(0) $D.kept $D.says("How much it is looked at now, as TMDB counts it");
  rating @1 :Float64 = nan $D.least(0) $D.kept $D.says("The mean of its votes; at TMDB 0 to 10");
}

struct Genres {
  genreIds @0 :List(Int64) $D.assigned $D.says("Row ids of all the genres that it has now");
}

struct TitleTranslation {
  id @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the translation");
  language @1 :Text $D.absent(refused) $D.format(language) $D.says("The language of these texts");
  title @2 :Text $D.absent(refused) $D.says("The title in this language; may be empty");
  overview @3 :Text $D.absent(refused) $D.says("What it is about, in this language; may be empty");
  tagline @4 :Text $D.says("Its tagline in this language");
}

struct NameTranslation {
  id @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the translation");
  language @1 :Text $D.absent(refused) $D.format(language) $D.says("The language of these texts");
  name @2 :Text $D.absent(refused) $D.says("The name in this language; may be empty");
  overview @3 :Text $D.absent(refused) $D.says("What it is about, in this language; may be empty");
  tagline @4 :Text $D.says("Its tagline in this language");
}

struct TvShowFacts {
  tmdbId @0 :Int64 = D.nullInt $D.absent(refused) $D.least(1) $D.says("The show's id at TMDB, its natural key");
  name @1 :Text $D.absent(refused) $D.format(nonBlank) $D.says("Its name");
  overview @2 :Text $D.absent(refused) $D.says("What it is about");
  firstAirDate @3 :Text $D.absent(refused) $D.format(date) $D.says("The day of its first broadcast; empty: not known");
  poster @4 :Text $D.absent(refused) $D.says("Path of its poster at TMDB; empty: none");
  backdrop @5 :Text $D.absent(refused) $D.says("Path of its backdrop at TMDB; empty: none");
  imdbId @6 :Text $D.absent(null) $D.says("Its id at IMDb, such as tt0055662");
  status @7 :Text $D.absent(refused)
      $D.says("How it stands, in TMDB's words: Returning Series, Ended, Canceled and others");
  tagline @8 :Text $D.absent(refused) $D.says("Its tagline; may be empty");
  type @9 :Text $D.absent(refused)
      $D.says("What kind of show it is, in TMDB's words: Scripted, Documentary and others");
  inProduction @10 :Int64 = D.nullInt $D.absent(refused) $D.flag $D.says("Whether more of it is being made");
  episodeRunTime @11 :List(Int64) $D.format(positiveEach) $D.says("How long its episodes are, in minutes");
}

struct SeasonFacts {
  tvShowId @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the show");
  seasonNumber @1 :Int64 = D.nullInt $D.absent(refused) $D.least(0) $D.says("Its number within the show; 0: specials");
  name @2 :Text $D.absent(refused) $D.format(nonBlank) $D.says("Its name");
  overview @3 :Text $D.absent(refused) $D.says("What it is about");
  airDate @4 :Text $D.absent(refused) $D.format(date) $D.says("The day of its first broadcast; empty: not known");
  episodeCount @5 :Int64 = D.nullInt $D.absent(refused) $D.least(0) $D.says("How many episodes it is said to have");
  poster @6 :Text $D.absent(refused) $D.says("Path of its poster at TMDB; empty: none");
}

struct EpisodeFacts {
  seasonId @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the season");
  episodeNumber @1 :Int64 = D.nullInt $D.absent(refused) $D.least(0) $D.says("Its number within the season");
  name @2 :Text $D.absent(refused) $D.format(nonBlank) $D.says("Its name");
  overview @3 :Text $D.absent(refused) $D.says("What it is about");
  airDate @4 :Text $D.absent(refused) $D.format(date) $D.says("The day of its first broadcast; empty: not known");
  runtime @5 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.says("Its length in minutes");
  stillPath @6 :Text $D.absent(null) $D.says("Path of a still at TMDB");
}

struct GenreFacts {
  tmdbId @0 :Int64 = D.nullInt $D.absent(refused) $D.least(1) $D.says("The genre's id at TMDB, its natural key");
  name @1 :Text $D.absent(refused) $D.format(nonBlank) $D.says("Its name");
}

struct GenreName {
  id @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the translation");
  language @1 :Text $D.absent(refused) $D.format(language) $D.says("The language of the name");
  name @2 :Text $D.absent(refused) $D.says("The name in this language; may be empty");
}

struct SourceFacts {
  movieId @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the movie");
  quality @1 :Text $D.absent(refused) $D.kept $D.says("What picture it has, such as 1080p");
  type @2 :Text $D.absent(refused) $D.kept $D.says("What it was made from, such as web or bluray");
  size @3 :Int64 = D.nullInt $D.absent(refused) $D.least(0) $D.kept $D.says("Its size in bytes");
  magnetUri @4 :Text $D.absent(refused) $D.kept $D.says("The magnet link by which it is found");
  infoHash @5 :Text $D.absent(refused) $D.format(infoHash) $D.identity(hex) $D.otherwise("the magnet's own")
      $D.says("The torrent's info hash, its natural key: version 1 has 40 digits, version 2 has 64");
  language @6 :Text $D.absent(refused) $D.format(language) $D.kept $D.says("The language that is spoken in it");
  title @7 :Text $D.absent(refused) $D.format(nonBlank) $D.kept $D.says("What the release calls itself");
  otherHash @8 :Text $D.assigned $D.absent(null) $D.format(infoHash)
      $D.says("The info hash of its other version, when the torrent is a hybrid and that is known");
}

struct Swarm {
  seeds @0 :Int64 = D.nullInt $D.least(0) $D.kept $D.says("How many peers have all of it");
  peers @1 :Int64 = D.nullInt $D.least(0) $D.kept $D.says("How many peers load it");
  lastSeen @2 :Int64 = D.nullInt $D.format(datetime) $D.kept $D.otherwise("the time of the command, if seeds or peers changed")
      $D.says("When it was seen so");
  score @3 :Float64 = nan $D.assigned $D.least(0) $D.most(10) $D.kept
      $D.says("How good a source it is, 0 to 10, by the formula of the time of the event");
}

enum DownloadStatus {
  unset @0;
  downloading @1 $D.says("It is being loaded");
  completed @2 $D.says("All of it is here");
  seeding @3 $D.says("All of it is here and given to others");
  paused @4 $D.says("Somebody stopped it for a while");
  error @5 $D.says("It failed");
}

struct StorageStart {
  infoHash @0 :Text $D.absent(refused) $D.format(infoHash)
      $D.says("The info hash of the source that is loaded, the download's natural key");
  status @1 :DownloadStatus $D.assigned $D.absent(refused) $D.kept $D.says("How it stands");
}

struct StorageStatus {
  # What an event leaves out becomes NULL: a failure is told until the status is another one.
  status @0 :DownloadStatus $D.absent(refused) $D.kept $D.says("How it stands now");
  failure @1 :Text $D.absent(null) $D.format(nonBlank) $D.kept $D.says("Why it failed, for people");
  failedAt @2 :Int64 = D.nullInt $D.absent(null) $D.format(datetime) $D.says("When it failed");
}

enum TransferPhase {
  # What the bridge is at, beside the status: that one stays as the catalogue's contract has it.
  unset @0;
  metadata @1 $D.says("It waits for the torrent's own description, which a magnet link lacks");
  queued @2 $D.says("It waits until others are done");
  checking @3 $D.says("What is on the disk is compared with the torrent");
  downloading @4 $D.says("Bytes come");
  stalled @5 $D.says("It would load, but nobody gives");
  seeding @6 $D.says("All of it is here and given to who asks");
  idle @7 $D.says("Nothing is done with it");
}

struct StoragePhase {
  phase @0 :TransferPhase $D.absent(null) $D.kept $D.says("What the bridge is at");
}

struct StoragePlace {
  # One group: what a report leaves out of it becomes NULL.
  directory @0 :Text $D.absent(null) $D.format(nonBlank) $D.says("The directory that its files are in, and no others");
  mainFile @1 :Text $D.absent(null) $D.format(nonBlank)
      $D.says("Path of the file that is played, within the directory");
  mainFileSize @2 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.kept $D.says("Its size in bytes");
  totalSize @3 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.kept
      $D.says("Bytes of all the torrent's files, as the torrent itself says");
}

struct StorageAccess {
  lastAccess @0 :Int64 = D.nullInt $D.absent(null) $D.format(datetime) $D.kept $D.says("When it was played last");
}

struct Transfer {
  downloadProgress @0 :Float64 = nan $D.absent(refused) $D.least(0) $D.most(1) $D.kept
      $D.says("How much of it is here: 0 to 1");
  uploadProgress @1 :Float64 = nan $D.absent(refused) $D.least(0) $D.most(1)
      $D.says("How much of it was given to others: 0 to 1");
  peers @2 :Int64 = D.nullInt $D.least(0) $D.kept $D.says("How many peers take part");
  downloaded @3 :Int64 = D.nullInt $D.least(0) $D.kept $D.says("Bytes of it that are here");
  uploaded @4 :Int64 = D.nullInt $D.least(0) $D.kept $D.says("Bytes that were given");
  phase @5 :TransferPhase $D.absent(null) $D.kept $D.says("What the bridge is at");
  readable @6 :Int64 = D.nullInt $D.absent(null) $D.least(0) $D.kept
      $D.says("Bytes of the main file that can be read from its beginning on");
}

enum Role {
  unset @0;
  guest @1 $D.says("Changes only its own tokens and password");
  user @2 $D.says("What a guest may, and lists, downloads and its own Trakt link");
  admin @3 $D.says("Everything");
}

struct UserFacts {
  username @0 :Text $D.absent(refused) $D.format(nonBlank) $D.identity(userName)
      $D.says("The user's name, which nobody else has");
  passwordHash @1 :Text $D.absent(refused) $D.format(bcrypt) $D.secret $D.says("What bcrypt made of the password");
  role @2 :Role $D.absent(refused) $D.kept $D.otherwise("user") $D.says("What the user may do");
  isActive @3 :Int64 = D.nullInt $D.absent(refused) $D.flag $D.kept $D.otherwise("true")
      $D.says("Whether the user may do anything at all");
}

struct Password {
  passwordHash @0 :Text $D.absent(refused) $D.format(bcrypt) $D.secret $D.says("What bcrypt made of the password");
}

struct UserRole {
  role @0 :Role $D.absent(refused) $D.kept $D.says("What the user may do now");
}

struct UserActive {
  isActive @0 :Int64 = D.nullInt $D.absent(refused) $D.flag $D.kept
      $D.says("Whether the user may do anything at all, now");
}

struct TokenFacts {
  id @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the token");
  token @1 :Text $D.absent(refused) $D.format(nonBlank) $D.secret
      $D.says("In a command the token itself; in the event and the table its SHA-256 in hex");
  expiresAt @2 :Int64 = D.nullInt $D.absent(refused) $D.format(datetime) $D.says("Until when it is good");
}

struct TraktFacts {
  id @0 :Int64 = D.nullInt $D.assigned $D.says("Row id of the link");
  username @1 :Text $D.absent(refused) $D.format(nonBlank) $D.kept $D.says("The user's name at Trakt");
  accessToken @2 :Text $D.absent(refused) $D.format(nonBlank) $D.secret
      $D.says("In a command the token itself; in the event and the table sealed");
  refreshToken @3 :Text $D.absent(refused) $D.format(nonBlank) $D.secret
      $D.says("In a command the token itself; in the event and the table sealed");
  expiresAt @4 :Int64 = D.nullInt $D.absent(refused) $D.format(datetime) $D.says("Until when the access token is good");
}

struct ListFacts {
  name @0 :Text $D.absent(refused) $D.format(nonBlank) $D.says("The list's name");
  description @1 :Text $D.absent(refused) $D.says("What it is for; may be empty");
  isPublic @2 :Int64 = D.nullInt $D.flag $D.says("Whether others may see it");
}

struct SyncFacts {
  key @0 :Text $D.absent(refused) $D.format(nonBlank) $D.says("Which background task it is of, its natural key");
  lastSync @1 :Int64 = D.nullInt $D.absent(refused) $D.format(datetime) $D.says("When the task ran last");
  data @2 :Text $D.says("Any text that the task wants back");
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
  userId @0 :Int64 = D.nullInt $D.absent(null) $D.assigned
      $D.says("Row id of the user that it is about; absent: of nobody");
  action @1 :AuditAction $D.absent(refused) $D.says("What was done");
  resource @2 :Text $D.absent(null) $D.says("What it was done to, such as a path");
  severity @3 :AuditSeverity $D.absent(refused) $D.says("How grave it is");
  metadata @4 :Text $D.absent(null) $D.format(json) $D.says("What else is known of it, as a JSON text");
  ipAddress @5 :Text $D.absent(null) $D.says("The network address that it came from");
  userAgent @6 :Text $D.absent(null) $D.says("The program that it came from");
}

struct RowId { id @0 :Int64 = D.nullInt $D.says("Row id of what is gone"); }
struct MovieId { movieId @0 :Int64 = D.nullInt $D.says("Row id of the movie"); }
struct TvShowId { tvShowId @0 :Int64 = D.nullInt $D.says("Row id of the show"); }

# ---- the log record ------------------------------------------------------------------------------------------

struct Actor {
  userId @0 :Int64 = D.nullInt $D.says("Row id of the user on whose behalf it is done; absent: a service's own");
  ipAddress @1 :Text $D.says("The network address of the user");
  userAgent @2 :Text $D.says("The program of the user");
}

struct Uuid { high @0 :UInt64; low @1 :UInt64; }
# The 16 bytes of a UUID, big-endian.

struct BatchMark {
  id @0 :Uuid $D.format(uuid) $D.says("Id of the batch");
  digest @1 :Data $D.says("SHA-256 of the batch in canonical form");
  unchanged @2 :List(UnchangedMember)
      $D.says("On a batch's last event: those of its commands that were unchanged, so that its receipt can be given again");
}

struct UnchangedMember {
  index @0 :UInt32 $D.says("Its place in the batch, from 0");
  entityId @1 :Int64 = D.nullInt
      $D.says("Row id of what the command was about; absent: nothing in particular");
  version @2 :UInt64 $D.says("How many events the thing's stream had");
}

struct Record {
  # One event in the log.
  position @0 :UInt64 $D.says("Of this event: 1, 2, 3, .. without gaps over the whole log");
  recordedAt @1 :Int64 $D.format(datetime) $D.needed
      $D.says("When it was judged");
  commandId :group $D.format(uuid) $D.says("Of the command that caused it") { high @2 :UInt64; low @3 :UInt64; }
  commandDigest :group $D.format(digest) $D.says("SHA-256 of the command in canonical form") { word0 @4 :UInt64; word1 @5 :UInt64; word2 @6 :UInt64; word3 @7 :UInt64; }
  # SHA-256 of the command in canonical form.
  streamId @8 :Int64 $D.needed $D.says("Row id of the thing whose stream it is in");
  streamVersion @9 :UInt64
      $D.says("How many events the stream has with this one: what expectedVersion is compared with");
  previousInStream @10 :UInt64 $D.says("Position of the stream's previous event; 0: this is its first");
  index @11 :UInt32 $D.says("This is event `index` (from 0) of the `count` that were committed for one message");
  count @12 :UInt32 $D.says("How many events were committed for one message: a command, or a whole batch");
  stream @13 :D.Entity $D.needed $D.says("What kind of thing the stream is of");
  correlationId @14 :Text $D.says("The command's");
  causationId @15 :Text $D.says("The command's");
  actor @16 :Actor $D.says("The command's");
  batch @17 :BatchMark $D.says("Of the batch that the command came in; absent: it came by itself");
  subjectId @18 :Int64 = D.nullInt
      $D.says("Row id of what the command was about, as its receipt says; absent: nothing in particular");
  subject @19 :D.Entity $D.says("What kind of thing the command was about");
  sender @74 :Text
      $D.says("Who sent it, as the bus knows them: the name of a key, or uid:1000 for a user of the daemon's machine; absent: keys were not asked for");

  event :union $D.says("What happened") {
    unset @20 :Void;

    movieDescribed @21 :MovieFacts $D.does(op = create, entity = movie, group = 1)
        $D.says("A movie is new, or its facts are others now");
    movieRated @22 :Ratings $D.does(op = update, entity = movie, group = 2)
        $D.says("A movie has another popularity or rating");
    movieGenresAssigned @23 :Genres $D.does(op = assign, entity = movieGenre, group = 3)
        $D.says("A movie has these genres now, and no others");
    movieRemoved @24 :Void $D.does(op = remove, entity = movie)
        $D.says("A movie is gone, with its translations, genre links and list entries");
    movieTranslated @25 :TitleTranslation $D.does(op = create, entity = movieTranslation, group = 1)
        $D.says("A movie's texts in a language are new, or others now");
    movieTranslationRemoved @26 :RowId $D.does(op = remove, entity = movieTranslation)
        $D.says("A movie's texts in a language are gone");

    tvShowDescribed @27 :TvShowFacts $D.does(op = create, entity = tvShow, group = 1)
        $D.says("A show is new, or its facts are others now");
    tvShowRated @28 :Ratings $D.does(op = update, entity = tvShow, group = 2)
        $D.says("A show has another popularity or rating");
    tvShowGenresAssigned @29 :Genres $D.does(op = assign, entity = tvShowGenre, group = 3)
        $D.says("A show has these genres now, and no others");
    tvShowRemoved @30 :Void $D.does(op = remove, entity = tvShow)
        $D.says("A show is gone, with its translations, genre links and list entries");
    tvShowTranslated @31 :NameTranslation $D.does(op = create, entity = tvShowTranslation, group = 1)
        $D.says("A show's texts in a language are new, or others now");
    tvShowTranslationRemoved @32 :RowId $D.does(op = remove, entity = tvShowTranslation)
        $D.says("A show's texts in a language are gone");

    seasonDescribed @33 :SeasonFacts $D.does(op = create, entity = season, group = 1)
        $D.says("A season is new, or its facts are others now");
    seasonRemoved @34 :Void $D.does(op = remove, entity = season)
        $D.says("A season is gone; its episodes went before, each with an event of its own");
    episodeDescribed @35 :EpisodeFacts $D.does(op = create, entity = episode, group = 1)
        $D.says("An episode is new, or its facts are others now");
    episodeRemoved @36 :Void $D.does(op = remove, entity = episode) $D.says("An episode is gone");

    genreDescribed @37 :GenreFacts $D.does(op = create, entity = genre, group = 1)
        $D.says("A genre is new, or its name is another now");
    genreRemoved @38 :Void $D.does(op = remove, entity = genre) $D.says("A genre is gone, with its translations");
    genreTranslated @39 :GenreName $D.does(op = create, entity = genreTranslation, group = 1)
        $D.says("A genre's name in a language is new, or another now");
    genreTranslationRemoved @40 :RowId $D.does(op = remove, entity = genreTranslation)
        $D.says("A genre's name in a language is gone");

    movieSourceAdded @41 :SourceFacts $D.does(op = create, entity = movieSource, group = 1)
        $D.says("A movie has a new torrent source");
    swarmObserved @42 :Swarm $D.does(op = update, entity = movieSource, group = 2)
        $D.says("A source was seen with so many seeds and peers, and scored anew");
    movieSourceRescored @43 :Swarm $D.does(op = update, entity = movieSource, group = 2)
        $D.says("A source was scored anew by another formula; what was seen stays");
    movieSourceRemoved @44 :Void $D.does(op = remove, entity = movieSource) $D.says("A source is gone");

    downloadStarted @45 :StorageStart $D.does(op = create, entity = storage)
        $D.says("The download of a source was started, with nothing transferred");
    transferReported @46 :Transfer $D.does(op = update, entity = storage, group = 1) $D.says("A transfer is so far");
    downloadStatusReported @47 :StorageStatus $D.does(op = update, entity = storage)
        $D.says("A transfer's report moved the download's status on");
    downloadPaused @48 :StorageStatus $D.does(op = update, entity = storage) $D.says("A download was paused");
    downloadResumed @49 :StorageStatus $D.does(op = update, entity = storage)
        $D.says("A paused or failed download goes on");
    downloadFailed @50 :StorageStatus $D.does(op = update, entity = storage) $D.says("A download failed");
    storageRemoved @51 :Void $D.does(op = remove, entity = storage) $D.says("A download's record is gone");

    userRegistered @52 :UserFacts $D.does(op = create, entity = user) $D.says("A user is new");
    passwordChanged @53 :Password $D.does(op = update, entity = user) $D.says("A user has another password");
    roleAssigned @54 :UserRole $D.does(op = update, entity = user) $D.says("A user has another role");
    userActivated @55 :UserActive $D.does(op = update, entity = user) $D.says("A user is active now");
    userDeactivated @56 :UserActive $D.does(op = update, entity = user)
        $D.says("A user is inactive now; refresh tokens go with events of their own");
    userRemoved @57 :Void $D.does(op = remove, entity = user)
        $D.says("A user is gone; tokens and the Trakt link went before, each with an event of its own");

    refreshTokenIssued @58 :TokenFacts $D.does(op = create, entity = refreshToken)
        $D.says("A user has a new refresh token");
    refreshTokenRevoked @59 :RowId $D.does(op = remove, entity = refreshToken) $D.says("A refresh token is gone");
    refreshTokenExpired @60 :RowId $D.does(op = remove, entity = refreshToken)
        $D.says("A refresh token is gone, for its time was over");

    traktLinked @61 :TraktFacts $D.does(op = create, entity = traktUser, group = 1)
        $D.says("A user is linked with a Trakt account, or with another");
    traktRefreshed @62 :TraktFacts $D.does(op = create, entity = traktUser, group = 1)
        $D.says("A Trakt link has other tokens");
    traktUnlinked @63 :RowId $D.does(op = remove, entity = traktUser) $D.says("A user's Trakt link is gone");

    mediaListCreated @64 :ListFacts $D.does(op = create, entity = mediaList, group = 1) $D.says("A list is new");
    mediaListRevised @65 :ListFacts $D.does(op = create, entity = mediaList, group = 1)
        $D.says("A list's name, description or visibility is another");
    mediaListRemoved @66 :Void $D.does(op = remove, entity = mediaList) $D.says("A list is gone, with its entries");
    movieListed @67 :MovieId $D.does(op = link, entity = mediaListMovie) $D.says("A movie is on the list now");
    tvShowListed @68 :TvShowId $D.does(op = link, entity = mediaListTvShow) $D.says("A show is on the list now");
    movieDelisted @69 :MovieId $D.does(op = unlink, entity = mediaListMovie) $D.says("A movie is off the list");
    tvShowDelisted @70 :TvShowId $D.does(op = unlink, entity = mediaListTvShow) $D.says("A show is off the list");

    syncRecorded @71 :SyncFacts $D.does(op = create, entity = syncState, group = 1)
        $D.says("A background task's state is new, or another now");

    auditRecorded @72 :AuditFacts $D.does(op = create, entity = auditLog)
        $D.says("Something was done that the audit trail keeps");
    auditLogPurged @73 :Void $D.does(op = remove, entity = auditLog) $D.says("An audit row is gone, for it was old");

    movieSourceCorrected @75 :SourceFacts $D.does(op = create, entity = movieSource, group = 1)
        $D.says("A source's facts are others now, of the same torrent");
    storagePlaced @76 :StoragePlace $D.does(op = update, entity = storage, group = 2)
        $D.says("It is known where a download's files are, and how large");
    recheckStarted @77 :StoragePhase $D.does(op = update, entity = storage)
        $D.says("What is on the disk is to be compared with the torrent, so less may be here than was said");
    storageTouched @78 :StorageAccess $D.does(op = update, entity = storage) $D.says("A download was played");
    storageDiscarded @79 :Void $D.does(op = remove, entity = storage)
        $D.says("A download's record is gone, and its files are to be deleted");
  }
}

# ---- commands ------------------------------------------------------------------------------------------------
# References: exactly one of `id`, `createdBy` (the id of the command that created the thing) and the natural key.

struct MovieRef $D.names(movie) {
  id @0 :Int64 = D.nullInt;
  createdBy @1 :Text $D.identity(uuid);
  tmdbId @2 :Int64 = D.nullInt;
  imdbId @3 :Text $D.says("Not a key: refused as `invalid` when several movies have it");
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

struct Thing {
  # One thing, and by what it is known. Exactly one of these.
  movie @0 :MovieRef $D.either;
  tvShow @1 :TvShowRef $D.either;
  season @2 :SeasonRef $D.either;
  episode @3 :EpisodeRef $D.either;
  genre @4 :GenreRef $D.either;
  source @5 :SourceRef $D.either;
  storage @6 :StorageRef $D.either;
  user @7 :UserRef $D.either;
  mediaList @8 :ListRef $D.either;
}

struct PutMovie {
  facts @0 :MovieFacts $D.flatten;
  ratings @1 :Ratings $D.flatten;
  genres @2 :List(GenreRef) $D.says("Its genres, all of them; absent: it keeps those it has");
}
struct RateMovie {
  movie @0 :MovieRef $D.needed;
  ratings @1 :Ratings $D.flatten;
}
struct AssignMovieGenres {
  movie @0 :MovieRef $D.needed;
  genres @1 :List(GenreRef) $D.needed $D.says("Its genres from now on; empty: none");
}
struct RemoveMovie { movie @0 :MovieRef $D.needed; }
struct PutMovieTranslation {
  movie @0 :MovieRef $D.needed;
  text @1 :TitleTranslation $D.flatten;
}
struct RemoveMovieTranslation {
  movie @0 :MovieRef $D.needed;
  language @1 :Text $D.needed $D.says("Which of its translations: ISO 639-1, two letters");
}

struct PutTvShow {
  facts @0 :TvShowFacts $D.flatten;
  ratings @1 :Ratings $D.flatten;
  genres @2 :List(GenreRef) $D.says("Its genres, all of them; absent: it keeps those it has");
}
struct RateTvShow {
  tvShow @0 :TvShowRef $D.needed;
  ratings @1 :Ratings $D.flatten;
}
struct AssignTvShowGenres {
  tvShow @0 :TvShowRef $D.needed;
  genres @1 :List(GenreRef) $D.needed $D.says("Its genres from now on; empty: none");
}
struct RemoveTvShow {
  tvShow @0 :TvShowRef $D.needed;
  withSeasons @1 :Int64 = D.nullInt $D.flag $D.otherwise("false")
      $D.says("Whether its seasons and their episodes go with it");
}
struct PutTvShowTranslation {
  tvShow @0 :TvShowRef $D.needed;
  text @1 :NameTranslation $D.flatten;
}
struct RemoveTvShowTranslation {
  tvShow @0 :TvShowRef $D.needed;
  language @1 :Text $D.needed $D.says("Which of its translations: ISO 639-1, two letters");
}

struct PutSeason {
  tvShow @0 :TvShowRef $D.needed;
  facts @1 :SeasonFacts $D.flatten;
}
struct RemoveSeason { season @0 :SeasonRef $D.needed; }
struct PutEpisode {
  season @0 :SeasonRef $D.needed;
  facts @1 :EpisodeFacts $D.flatten;
}
struct RemoveEpisode { episode @0 :EpisodeRef $D.needed; }

struct PutGenre { facts @0 :GenreFacts $D.flatten; }
struct RemoveGenre { genre @0 :GenreRef $D.needed; }
struct PutGenreTranslation {
  genre @0 :GenreRef $D.needed;
  text @1 :GenreName $D.flatten;
}
struct RemoveGenreTranslation {
  genre @0 :GenreRef $D.needed;
  language @1 :Text $D.needed $D.says("Which of its translations: ISO 639-1, two letters");
}

struct AddMovieSource {
  movie @0 :MovieRef $D.needed;
  facts @1 :SourceFacts $D.flatten;
  swarm @2 :Swarm $D.flatten;
}
struct ObserveSwarm {
  source @0 :SourceRef $D.needed;
  swarm @1 :Swarm $D.flatten $D.needed;
}
struct RescoreSources {
  after @0 :Int64 = D.nullInt $D.otherwise("0, from the first on")
      $D.says("Row id of the last source that is left out");
  limit @1 :Int64 = D.nullInt $D.otherwise("1000") $D.says("How many are looked at, 1 to 10,000");
}
struct CorrectMovieSource {
  source @0 :SourceRef $D.needed;
  quality @1 :Text $D.otherwise("as it was") $D.says("What picture it has, such as 1080p");
  type @2 :Text $D.otherwise("as it was") $D.says("What it was made from, such as web or bluray");
  size @3 :Int64 = D.nullInt $D.otherwise("as it was") $D.says("Its size in bytes");
  magnetUri @4 :Text $D.otherwise("as it was") $D.says("Another magnet link of the same torrent, such as one with trackers");
  language @5 :Text $D.otherwise("as it was") $D.says("The language that is spoken in it");
  title @6 :Text $D.otherwise("as it was") $D.says("What the release calls itself");
}
struct RemoveMovieSource { source @0 :SourceRef $D.needed; }

struct StartDownload { source @0 :SourceRef $D.needed; }
struct ReportTransfer {
  storage @0 :StorageRef $D.needed;
  status @1 :DownloadStatus $D.otherwise("as it was") $D.says("How it stands now");
  transfer @2 :Transfer $D.flatten;
  place @3 :StoragePlace $D.flatten;
}
struct OnStorage { storage @0 :StorageRef $D.needed; }
struct FailDownload {
  storage @0 :StorageRef $D.needed;
  reason @1 :Text $D.says("Why it failed, for people: up to 1,024 bytes");
}
struct RemoveStorage {
  storage @0 :StorageRef $D.needed;
  withData @1 :Int64 = D.nullInt $D.flag $D.otherwise("false") $D.says("Whether its files are to be deleted");
}

struct RegisterUser { facts @0 :UserFacts $D.flatten; }
struct ChangePassword {
  user @0 :UserRef $D.needed;
  password @1 :Password $D.flatten;
}
struct AssignRole {
  user @0 :UserRef $D.needed;
  role @1 :Role $D.needed $D.says("What the user may do from now on");
}
struct OnUser { user @0 :UserRef $D.needed; }

struct IssueRefreshToken {
  user @0 :UserRef $D.needed;
  facts @1 :TokenFacts $D.flatten;
}
struct RevokeRefreshToken { token @0 :TokenRef $D.needed; }
struct ExpireRefreshTokens {
  before @0 :Int64 = D.nullInt $D.format(datetime) $D.otherwise("the time of the command")
      $D.says("Tokens that expire by then are deleted");
}

struct LinkTrakt {
  user @0 :UserRef $D.needed;
  facts @1 :TraktFacts $D.flatten;
}
struct RefreshTrakt {
  user @0 :UserRef $D.needed;
  accessToken @1 :Text $D.secret $D.needed $D.says("The token itself; it is sealed before it is kept");
  refreshToken @2 :Text $D.secret $D.needed $D.says("The token itself; it is sealed before it is kept");
  expiresAt @3 :Int64 = D.nullInt $D.format(datetime) $D.needed $D.says("Until when the access token is good");
}

struct CreateMediaList { facts @0 :ListFacts $D.flatten; }
struct ReviseMediaList {
  mediaList @0 :ListRef $D.needed;
  facts @1 :ListFacts $D.flatten;
}
struct RemoveMediaList { mediaList @0 :ListRef $D.needed; }
struct OnListEntry {
  mediaList @0 :ListRef $D.needed;
  movie @1 :MovieRef $D.either;
  tvShow @2 :TvShowRef $D.either;
  # Exactly one of the two.
}

struct RecordSync { facts @0 :SyncFacts $D.flatten; }

struct RecordAudit {
  user @0 :UserRef $D.says("The user that it is about; absent: nobody");
  facts @1 :AuditFacts $D.flatten;
}
struct PurgeAuditLogs {
  before @0 :Int64 = D.nullInt $D.format(datetime) $D.needed $D.says("Rows that were written before then are deleted");
  severity @1 :AuditSeverity $D.says("Only rows of this severity") $D.otherwise("rows of any");
}

struct Batch {
  commands @0 :List(Command)
      $D.needed $D.says("1 to 10,000 commands, each with an id of its own, none of them a batch");
}

struct Command {
  id @0 :Text $D.identity(uuid) $D.needed
      $D.says("A UUID that the producer makes for this command; version 7 is best. The same id again has no second effect");
  expectedVersion @1 :Int64 = -1 $D.otherwise("-1")
      $D.says("The version of the last receipt for the thing, and the command is refused when it is another by now; 0: the thing must not exist yet; -1 or absent: any");
  actor @2 :Actor
      $D.says("On whose behalf; with a userId the command is judged by that user's role, without one it is a service's");
  correlationId @3 :Text $D.identity(uuid)
      $D.says("Any text up to 1,024 bytes, kept with the events: what belongs together");
  causationId @4 :Text $D.identity(uuid)
      $D.says("Any text up to 1,024 bytes, kept with the events: what it was done because of");

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
      $D.says("Adds a torrent to a movie and scores it; the infoHash is taken from the magnetUri; needs quality, type, size, language and title; `unchanged` when the movie has it already, by either hash of a hybrid, `duplicate` when another movie has it, `invalid` when the magnet names no infoHash or another one than given. Addresses of peers and DHT nodes and ranges of files are taken out of the link.")
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
    reportTransfer @31 :ReportTransfer $D.allowed(service)
      $D.says("Records how far a transfer is: both progresses (0..1), peers, bytes, phase, its status if that moved on, and where its files are; `invalid` when the status cannot follow the present one (downloading, completed, seeding is the way), when less is here than before without a recheck, or more than there is.")
      $D.example("{\"reportTransfer\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"},\"status\":\"downloading\",\"downloadProgress\":0.42,\"uploadProgress\":0.05,\"peers\":14,\"downloaded\":116107096,\"uploaded\":13822273}}");
    pauseDownload @32 :OnStorage $D.allowed(user)
      $D.says("Pauses a download that is downloading or seeding; one that is paused is `unchanged`, any other `invalid`.")
      $D.example("{\"pauseDownload\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    resumeDownload @33 :OnStorage $D.allowed(user)
      $D.says("Takes up a paused or failed download where it was; one that goes on already is `unchanged`, any other `invalid`.")
      $D.example("{\"resumeDownload\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    failDownload @34 :FailDownload $D.allowed(service)
      $D.says("Marks a download as failed (status error), whatever it was doing, and says why; one that failed already for this reason is `unchanged`.")
      $D.example("{\"failDownload\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    removeStorage @35 :RemoveStorage $D.allowed(user)
      $D.says("Deletes the record of a download, so that its source may be removed; its files stay unless `withData` is true; `notFound` when it is not there.")
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
    lookUp @58 :Thing
      $D.says("Changes nothing: the receipt is `unchanged` with the thing's row id and version, and in `found` all by which it is known, as it is after the commands before; `notFound` when it is not there, `invalid` in a batch.")
      $D.example("{\"lookUp\":{\"movie\":{\"tmdbId\":10378}}}");
    correctMovieSource @59 :CorrectMovieSource
      $D.says("Gives a source another quality, type, size, language, title or magnetUri, and scores it anew; what is left out stays; `invalid` when the magnet names another torrent, `notFound` when the source is not there.")
      $D.example("{\"correctMovieSource\":{\"source\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"},\"quality\":\"720p\",\"type\":\"bluray\",\"magnetUri\":\"magnet:?xt=urn:btih:dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c&dn=Big+Buck+Bunny&tr=udp%3A%2F%2Ftracker.example.org%3A1337\"}}");
    recheckDownload @60 :OnStorage $D.allowed(user)
      $D.says("Asks for what is on the disk to be compared with the torrent; until that is reported, less may be here than before; one that failed is looked at when it is resumed; `unchanged` while it goes on.")
      $D.example("{\"recheckDownload\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
    touchStorage @61 :OnStorage $D.allowed(user)
      $D.says("Says that a download is played, which is recorded as its lastAccess; `unchanged` within ten minutes of the last time.")
      $D.example("{\"touchStorage\":{\"storage\":{\"infoHash\":\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c\"}}}");
  }

  wantHead @57 :Int64 = D.nullInt $D.flag $D.otherwise("false")
      $D.says("Whether the receipt carries the log's Merkle head; of a batch only the batch's own counts");
}

# ---- the Merkle tree -----------------------------------------------------------------------------------------

struct TreeHead {
  size @0 :UInt64 $D.needed $D.says("How many records it is over");
  root @1 :Text $D.needed $D.says("The Merkle root over them (RFC 9162, SHA-256) in hex");
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
  malformed @1
      $D.says("Not a command: broken JSON, unknown field, wrong kind of value, wrong frames. Send it again after mending it");
  tooLarge @2 $D.says("Over 1 MiB, or 2 MiB written out. Send it in parts");
  notFound @3 $D.says("Something it names is not there. Send it again after creating that");
  duplicate @4 $D.says("Another thing has this natural key. Do not send it again");
  versionConflict @5
      $D.says("The thing changed meanwhile, or exists with expectedVersion 0. Send it again after reading the thing anew");
  restricted @6
      $D.says("Something else needs what would be removed, the command does too much at once, or the user's sealing key is damaged. Send it again after removing that, or once an operator has brought the key back");
  invalid @7 $D.says("A value breaks a rule; `field` names it. Send it again after mending it");
  inactiveUser @8 $D.says("The user is not active. Send it again after activating");
  forbidden @9 $D.says("The actor, or the key that it was sent with, may not do this. Do not send it again");
  commandIdReused @10 $D.says("The id was accepted with another body. Send it with an id of its own");
  storageFull @11 $D.says("The disk is full; it was not judged. Send it again later, as it is");
  busy @12 $D.says("Too much is waiting; it was not judged. Send it again later, as it is");
  outOfOrder @13
      $D.says("One before it in its session has not come; it was not looked at, and the receipt has no `id`. Send all before it again first");
  tooLate @14
      $D.says("Its session has passed its number; under that it changed nothing and never will. Send it again, with a new number, if it is still wanted");
  batchRefused @15
      $D.says("Another command of its batch was refused; the message says which. Send it again with the batch, when that is mended");
  notLeader @16
      $D.says("This machine of several does not write; it was not looked at, and the receipt has no `id`. Send it again, as it is, to the one that `leader` names");
}

struct Receipt {
  id @0 :Text $D.says("The command's; absent when it could not be read");
  union {
    unset @1 :Void;
    accepted :group $D.says("There were events, which are on the disk") {
      firstPosition @2 :UInt64 $D.says("Of its first event");
      lastPosition @3 :UInt64 $D.says("Of its last event: wait for this one in the feed to read it by SQL");
      entityId @4 :Int64 = D.nullInt $D.says("Row id of what the command was about; absent: nothing in particular");
      version @5 :UInt64 $D.says("How many events the thing's stream has now");
    }
    unchanged :group $D.says("There was nothing to do") {
      entityId @6 :Int64 = D.nullInt $D.says("Row id of what the command was about; absent: nothing in particular");
      version @7 :UInt64 $D.says("How many events the thing's stream has");
    }
    refused :group $D.says("Nothing was done") {
      code @8 :RefusalCode $D.needed $D.says("Why, for programs");
      field @9 :Text $D.says("Which field it is about, as a JSON pointer (RFC 6901) into the command; absent: none");
      message @10 :Text $D.needed $D.says("Why, and what to do, for people");
      waitMs @13 :Int64 = D.nullInt
          $D.says("Of `busy`: after how many milliseconds it is of use to send it again; absent: not known");
      leader @15 :Text $D.says("Of `notLeader`: the endpoint of the machine that writes; absent: none does now");
      leaderKey @16 :Text
          $D.says("Of `notLeader`: the public key by which the machines are known (CURVE, Z85); absent: they have none in common. It vouches for nothing: who has another one does not go there");
    }
  }
  receipts @11 :List(Receipt) $D.says("Of a batch: one for each of its commands");
  head @12 :TreeHead $D.says("When the command asked for it: what the log was when the receipt was sent");
  found @14 :Thing $D.says("Of a lookUp: the thing, its row id and all by which it is known");
}

# ---- feed and replay -----------------------------------------------------------------------------------------

struct ChangeHeader {
  logId @0 :Text $D.needed $D.says("Which log it is a position in; another one than before: begin anew");
  position @1 :UInt64 $D.says("Of this event: 1, 2, 3, .. without gaps over the whole log");
  previousInTable @2 :UInt64 $D.says("Position of the previous event of this kind of stream; 0: none");
  previousInStream @3 :UInt64 $D.says("Position of the previous event of this stream; 0: none");
  commandId @4 :Text $D.needed $D.says("Of the command that caused it");
  withheldBytes @5 :Int64 = D.nullInt
      $D.says("Only when the payload would be longer than a frame may be: how long. It has no event then");
  event @6 :Text
      $D.says("The name of what happened, such as movieRated; absent when this version knows no name for it");
  streamVersion @7 :UInt64
      $D.says("How many events the stream has with this one: what expectedVersion is compared with");
  correlationId @8 :Text $D.says("The command's; absent when it had none");
  sender @9 :Text $D.says("Who sent the command, as the bus knows them; absent: keys were not asked for");
  names @10 :Names $D.says("By what is known outside what the event names by row id");
}

struct Names {
  # Of what an event names by row id: the thing whose stream it is in, what its own fields refer to, and the actor. What
  # is said of an event is the same whenever it is said, also when the thing is gone.
  movie @0 :MovieRef $D.says("The movie whose stream it is in, or that `movieId` names");
  tvShow @1 :TvShowRef $D.says("The show whose stream it is in, or that `tvShowId` names");
  season @2 :SeasonRef $D.says("The season whose stream it is in, or that `seasonId` names");
  episode @3 :EpisodeRef $D.says("The episode whose stream it is in");
  genre @4 :GenreRef $D.says("The genre whose stream it is in");
  genres @5 :List(GenreRef) $D.says("The genres that `genreIds` names, in its order; absent where there are more than 256");
  source @6 :SourceRef $D.says("The source whose stream it is in");
  storage @7 :StorageRef $D.says("The download whose stream it is in");
  user @8 :UserRef $D.says("The user whose stream it is in, or that `userId` names");
  actor @9 :UserRef $D.says("The user that the record's `actor` names");
  language @10 :Text
      $D.says("Of a translation that is gone: in which language it was; absent where that was said more than 128 events of its stream ago");
}

struct TablePosition {
  table @0 :Text $D.needed $D.says("A kind of stream, as its table is called");
  position @1 :UInt64 $D.says("Of the last event of this kind that was sent");
}

struct Head {
  logId @0 :Text $D.needed $D.says("Which log it is a position in");
  position @1 :UInt64 $D.says("Of the last event that was sent, which the read model has");
  tables @2 :List(TablePosition) $D.needed $D.says("The last one of each kind of stream");
}

struct ReplayRequest {
  union {
    unset @0 :Void;
    read :group $D.says("Asks for events from a position on") {
      from @1 :UInt64 = 1 $D.otherwise("1") $D.says("Of the first event that is wanted; absent or 0: 1");
      limit @2 :UInt64 = 1000 $D.otherwise("1000") $D.says("How many events at most, from 1 on; absent: 1000");
      topics @3 :List(Text) $D.says("Prefixes of streams without the encoding, such as movies/42/; none: everything");
      logId @5 :Text
          $D.says("Of the log that `from` is a position in, which is refused when another one is here; absent: whichever is here");
      lastCommandId @6 :Text
          $D.says("Of the event in front of `from`, as its header or the chunk before named it, which is refused when another one is there; absent: whichever is there");
    }
    status @4 :Void $D.says("Asks how the log stands");
    waitFor :group $D.says("Asks to be answered when the read model has a position: SQL shows its event then") {
      position @7 :UInt64
          $D.says("Of the log, as a receipt named it; beyond the log's end it is refused, but by a node of a cluster, which waits for it");
      withinMs @8 :UInt64 = 5000 $D.otherwise("5000")
          $D.says("After how many milliseconds it is answered in any case, at most 30,000; absent: 5,000");
      logId @9 :Text
          $D.says("Of the log that it is a position in, which is refused when another one is here; absent: whichever is here");
      latest @10 :Int64 = D.nullInt $D.flag
          $D.says("In place of a position: up to where the log goes when this is asked, of a cluster by what a majority has");
    }
  }
}

struct ReplayAnswer {
  union {
    unset @0 :Void;
    chunk :group $D.says("Events follow, three frames each: topic, header, payload") {
      next @1 :UInt64 $D.says("Where to read on: all that match and stand before it were sent");
      events @2 :UInt64 $D.says("How many follow");
      atHead @3 :Bool $D.says("Whether the log held nothing from `next` on");
      lastCommandId @6 :Text
          $D.says("Of the event in front of `next`, for the next request; absent when that is position 1");
    }
    status @4 :LogStatus $D.says("How the log stands");
    refused @5 :Text $D.says("Why nothing is sent, and what to do");
    waited :group $D.says("How far the read model is") {
      isThere @7 :Bool $D.says("Whether it has the position; false: not yet, ask again");
      position @8 :UInt64 $D.says("Up to which it has the log");
      logId @9 :Text $D.needed $D.says("Which log it is a position in");
    }
  }
}

struct LogStatus {
  logId @0 :Text $D.needed $D.says("The log's id");
  head @1 :UInt64 $D.says("Position of its last event; 0: there is none");
  recordedAt @2 :Int64 $D.format(datetime) $D.says("Of its last event");
  root @3 :Text $D.needed $D.says("The Merkle root over all records up to the head, in hex");
}

# ---- groups --------------------------------------------------------------------------------------------------

struct GroupDelivery {
  position @0 :UInt64 $D.says("Of an event that was handed out");
  try @1 :UInt64 $D.says("Which time it was handed out: 1, 2, ..");
}

struct GroupRequest {
  union {
    unset @0 :Void;
    join :group $D.says("Registers the name where there is none, and makes the member one of it") {
      name @1 :Text $D.needed $D.says("The group's: a-z, 0-9, . _ and -");
      member @2 :Text $D.needed $D.says("Who asks: any text that no other process has");
      topics @3 :List(Text)
          $D.says("Prefixes of streams without the encoding, such as movies/42/; none: everything. A name keeps those that it began with");
      from @4 :UInt64 = 1 $D.otherwise("1") $D.says("Where a name begins that is new; absent or 0: 1");
      ackMs @5 :UInt64 = 30000 $D.otherwise("30000")
          $D.says("How long a member may say nothing before what it holds goes to others");
      tries @6 :UInt64 = 5 $D.otherwise("5") $D.says("How often an event may fail before it is set aside");
    }
    fetch :group $D.says("Asks for events to be handed out") {
      name @7 :Text $D.needed $D.says("The group's");
      member @8 :Text $D.needed $D.says("Who asks");
      limit @9 :UInt64 = 100 $D.otherwise("100") $D.says("How many at most, 1 to 1,000");
      waitMs @10 :UInt64 $D.says("How long to wait for one when there is none; absent: not at all");
      holds @11 :List(GroupDelivery)
          $D.says("What the member got and has not answered for; whatever else was handed to it goes out again");
    }
    ack :group $D.says("These are dealt with") {
      name @12 :Text $D.needed $D.says("The group's");
      member @13 :Text $D.needed $D.says("Who asks");
      deliveries @14 :List(GroupDelivery) $D.says("As they were handed out");
    }
    nack :group $D.says("These failed") {
      name @15 :Text $D.needed $D.says("The group's");
      member @16 :Text $D.needed $D.says("Who asks");
      deliveries @17 :List(GroupDelivery) $D.says("As they were handed out");
      why @18 :Text $D.says("In a few words, for the operator who finds them set aside");
      delayMs @19 :Int64 = D.nullInt
          $D.says("How long to wait before they are handed out again; absent: a second, twice as long for each failure before");
    }
    leave :group $D.says("The member is none any more; what it holds goes to others") {
      name @20 :Text $D.needed $D.says("The group's");
      member @21 :Text $D.needed $D.says("Who asks");
    }
  }
}

enum GroupRefusalCode {
  unset @0;
  malformed @1 $D.says("Not a request: broken JSON, unknown field, wrong frames");
  invalid @2 $D.says("A value breaks a rule, or the name has other topics");
  notFound @3 $D.says("There is no such name: join");
  tooMany @4 $D.says("There are as many names, or members of this one, as there can be");
  historyChanged @5
      $D.says("The log is another one, or lost what the group has dealt with; an operator says from where to go on");
  storageFull @6 $D.says("The disk is full, and nothing was done; send it again later");
  damaged @7 $D.says("The file of the group cannot be used");
  forbidden @8 $D.says("The sender's role may not read the log");
}

struct GroupAnswer {
  union {
    unset @0 :Void;
    joined :group $D.says("The member is one of the group's") {
      logId @1 :Text $D.needed $D.says("The log's id");
      cursor @2 :UInt64 $D.says("Up to which position everything is dealt with or set aside");
      members @3 :UInt64 $D.says("How many there are, with this one");
    }
    work :group $D.says("Three frames follow for each: topic, header, payload") {
      deliveries @4 :List(GroupDelivery) $D.needed $D.says("What is handed out, in the order of positions");
      ackMs @5 :UInt64 $D.says("How long the member may say nothing from now on");
    }
    done :group $D.says("It is on the disk") {
      late @6 :List(GroupDelivery) $D.says("Which of them are not the member's any more, or were not");
    }
    refused :group $D.says("Nothing was done") {
      code @7 :GroupRefusalCode $D.needed $D.says("Why, for programs");
      message @8 :Text $D.needed $D.says("Why, and what to do, for people");
    }
  }
}

struct GroupOrder {
  # What an operator asks for, over a socket of its own; answered with a GroupAnswer.
  union {
    unset @0 :Void;
    remove :group {
      name @1 :Text;
    }
    retry :group {
      name @2 :Text;
      positions @3 :List(Int64);
      # None: all that are set aside.
    }
    reset :group {
      name @4 :Text;
      from @5 :UInt64 = 1;
    }
  }
}

struct GroupRecord {
  # A group as its file in groups/ has it (projector/FORMAT.md).
  format @0 :UInt64;
  name @1 :Text;
  logId @2 :Text;
  topics @3 :List(Text);
  ackMs @4 :UInt64;
  tries @5 :UInt64;
  cursor @6 :UInt64;
  seen @7 :UInt64;
  # All up to here that matches is in `open` or settled.
  seenCommandId @8 :Text;
  open @9 :List(GroupOpenEvent);
  setAside @10 :List(GroupSetAside);
  resets @11 :UInt64;
  # How often an operator made it begin anew.
}

struct GroupOpenEvent {
  position @0 :UInt64;
  stream @1 :Text;
  tries @2 :UInt64;
  failures @3 :UInt64;
  member @4 :Text;
  # Who holds it; empty: nobody.
}

struct GroupSetAside {
  position @0 :UInt64;
  stream @1 :Text;
  tries @2 :UInt64;
  why @3 :Text;
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
