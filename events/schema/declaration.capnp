@0xcbb6b0d6bde62dc4;
# How catlog declares things: which entities there are, what their columns must hold, what an event does to
# which table, what a command refers to and who may send it. The JSON form, the decision state and the projection
# are all driven by these annotations; the annotated columns, events and commands are in vocabulary.capnp.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("catlog::events::schema");

const nullInt :Int64 = -9223372036854775808;
# The default of every Int64 column: a field that was never set reads as this, and this means "absent" (NULL);
# for Float64 it is nan.

enum Entity {
  unset @0;
  movie @1;
  tvShow @2;
  season @3;
  episode @4;
  movieSource @5;
  storage @6;
  user @7;
  refreshToken @8;
  traktUser @9;
  mediaList @10;
  genre @11;
  genreTranslation @12;
  movieTranslation @13;
  tvShowTranslation @14;
  syncState @15;
  auditLog @16;
  # Links: pairs of ids, without a row id of their own.
  movieGenre @17;
  tvShowGenre @18;
  mediaListMovie @19;
  mediaListTvShow @20;
}

# ---- columns -------------------------------------------------------------------------------------------------

enum Absent {
  # What an absent or null column means.
  zero @0;      # stored as 0, '' or false (the seed calls the column neither required nor optional); in an update, a
                # column that is $D.kept stays as it is instead
  refused @1;   # required: `invalid`
  null @2;      # optional: SQL NULL
}

enum Format {
  any @0;
  nonBlank @1;
  date @2;        # YYYY-MM-DD or empty
  language @3;    # ISO 639-1; es-MX is cut to es
  infoHash @4;    # 40 or 64 lower-case hex digits
  bcrypt @5;
  json @6;        # a JSON text
  datetime @7;    # Int64 microseconds since 1970 UTC; RFC 3339 text in JSON
  positiveEach @8; # a list of integers > 0
  uuid @9;        # two words, big-endian; its usual text in JSON
  digest @10;     # four words, big-endian; hex in JSON
}

annotation absent @0xa9a1c5f5d7c3e801 (field) :Absent;
annotation format @0xa9a1c5f5d7c3e802 (field, group) :Format;
annotation least @0xa9a1c5f5d7c3e803 (field) :Float64;
annotation most @0xa9a1c5f5d7c3e804 (field) :Float64;
annotation assigned @0xa9a1c5f5d7c3e805 (field) :Void;
# Set by the handler, never by a producer: in a command it is an unknown field.
annotation kept @0xa9a1c5f5d7c3e806 (field) :Void;
# A rule reads it, so the decision state keeps it (key and reference columns are kept without saying so).
annotation secret @0xa9a1c5f5d7c3e807 (field) :Void;
# Never shown in the feed, in `catlog log` or in a history.
annotation flatten @0xa9a1c5f5d7c3e808 (field) :Void;
# In JSON the members of this struct stand in the enclosing object.
annotation spelled @0xa9a1c5f5d7c3e809 (enumerant) :Text;
# The enumerant in JSON and SQL, where that is not its own name.
annotation flag @0xa9a1c5f5d7c3e80a (field) :Void;
# An Int64 that is 0 or 1: a JSON boolean.

enum Identity {
  # By what two texts are one. A command's are brought into one spelling before anything compares them.
  spelling @0;
  uuid @1;      # a UUID of 8-4-4-4-12 hex digits gets lower-case ones; any other text stays as it is
  userName @2;  # the characters: RFC 8265's UsernameCasePreserved, whose result is kept and compared
  hex @3;       # what hex digits of either case spell; any other text stays as it is
}
annotation identity @0xa9a1c5f5d7c3e810 (field) :Identity;

# ---- events --------------------------------------------------------------------------------------------------

enum Op {
  unset @0;
  create @1;   # inserts the row, or updates it when it is there; carries every column that has no default
  update @2;   # sets columns of a row that is there
  remove @3;   # deletes the row, and what goes with it
  assign @4;   # replaces all links of the stream's entity by the list in its one field
  link @5;     # adds one link
  unlink @6;   # removes one link
}

struct Does {
  op @0 :Op;
  entity @1 :Entity;
  group @2 :UInt8;
  # The column group whose digest the decision state keeps (1, 2, ..; 0: none). Events that carry the same group
  # share the number and the struct.
}
annotation does @0xa9a1c5f5d7c3e80b (field) :Does;

# ---- commands ------------------------------------------------------------------------------------------------

annotation names @0xa9a1c5f5d7c3e80c (struct) :Entity;
# This struct names one entity: by `id`, by `createdBy`, or by the remaining fields together.

enum Allowed {
  admin @0;   # admins
  user @1;    # and users
  ownUser @2; # and users, for themselves
  own @3;     # and guests, for themselves
  service @4; # nobody: it comes from a service, not on any user's behalf
}
annotation allowed @0xa9a1c5f5d7c3e80d (field) :Allowed;

annotation example @0xa9a1c5f5d7c3e80e (field) :Text;
# A whole command as JSON without its id, shown by `catlog describe` and sent by a test.
# ---- words ---------------------------------------------------------------------------------------------------

annotation says @0xa9a1c5f5d7c3e80f (field, group, union, enumerant) :Text;
# What it means, for whoever reads the catalogue of commands and events (`catlog describe`, `catlog schema`): of a command
# or event one sentence, of a field or a code a phrase.
annotation needed @0xa9a1c5f5d7c3e811 (field) :Void;
# In what is sent: refused without it; of a flattened group, without each of its columns that has no `otherwise`. In what
# the daemon answers: always there. Columns say it by `absent`.
annotation otherwise @0xa9a1c5f5d7c3e812 (field) :Text;
# It may be left out of a command, whatever `absent` says of the column; then it is this.
annotation either @0xa9a1c5f5d7c3e813 (field) :Void;
# Exactly one of the struct's fields that say so is given.

# ---- entities ------------------------------------------------------------------------------------------------

enum OnDelete { restrict @0; cascade @1; setNull @2; }

struct Index {
  columns @0 :List(Text);
  unique @1 :Bool;
  byIdentity @2 :Bool;
  # Not unique itself: holds what its one column is compared by, and an event that would add a second row to it is
  # refused. Rows from before that rule may share an entry.
}

struct Reference {
  column @0 :Text;
  to @1 :Entity;
  onDelete @2 :OnDelete;
}

struct EntityDecl {
  entity @0 :Entity;
  table @1 :Text;
  stream @2 :Entity;
  # Whose stream its events are in. The entity itself: its row id is the stream's id. Another one: its events
  # carry a row id of their own, and `owner` is the column that holds the stream's id.
  owner @3 :Text;
  indexes @4 :List(Index);
  # What the decision state can look up. The first unique one is the natural key; one over no columns lists all ids.
  references @5 :List(Reference);
  # The decision state knows a row's children by them, but for setNull: the projection alone follows those.
  created @6 :Text;
  updated @7 :Text;
  # The columns that hold recordedAt of the row's first and last event; empty: none.
  isLink @8 :Bool;
}

const entities :List(EntityDecl) = [
  (entity = movie, table = "movies", stream = movie, created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["tmdbId"], unique = true), (columns = ["imdbId"])]),
  (entity = tvShow, table = "tv_shows", stream = tvShow, created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["tmdbId"], unique = true)]),
  (entity = season, table = "seasons", stream = season, created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["tvShowId", "seasonNumber"], unique = true)],
   references = [(column = "tvShowId", to = tvShow, onDelete = restrict)]),
  (entity = episode, table = "episodes", stream = episode, created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["seasonId", "episodeNumber"], unique = true)],
   references = [(column = "seasonId", to = season, onDelete = cascade)]),
  (entity = movieSource, table = "movie_sources", stream = movieSource, created = "createdAt",
   updated = "updatedAt",
   indexes = [(columns = ["infoHash"], unique = true), (columns = []), (columns = ["otherHash"], unique = true)],
   references = [(column = "movieId", to = movie, onDelete = restrict)]),
  (entity = storage, table = "storage", stream = storage, created = "createdAt", updated = "lastUpdated",
   indexes = [(columns = ["infoHash"], unique = true)]),
  (entity = user, table = "users", stream = user, created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["username"], unique = true), (columns = ["username"], byIdentity = true)]),
  (entity = refreshToken, table = "refresh_tokens", stream = user, owner = "userId", created = "createdAt",
   indexes = [(columns = ["token"], unique = true), (columns = ["expiresAt"])],
   references = [(column = "userId", to = user, onDelete = cascade)]),
  (entity = traktUser, table = "trakt_users", stream = user, owner = "userId", created = "createdAt",
   updated = "updatedAt", indexes = [(columns = ["userId"], unique = true)],
   references = [(column = "userId", to = user, onDelete = cascade)]),
  (entity = mediaList, table = "media_lists", stream = mediaList, created = "createdAt", updated = "updatedAt"),
  (entity = genre, table = "genres", stream = genre, created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["tmdbId"], unique = true)]),
  (entity = genreTranslation, table = "genre_translations", stream = genre, owner = "genreId",
   created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["genreId", "language"], unique = true)],
   references = [(column = "genreId", to = genre, onDelete = cascade)]),
  (entity = movieTranslation, table = "movie_translations", stream = movie, owner = "movieId",
   created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["movieId", "language"], unique = true)],
   references = [(column = "movieId", to = movie, onDelete = cascade)]),
  (entity = tvShowTranslation, table = "tv_show_translations", stream = tvShow, owner = "tvShowId",
   created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["tvShowId", "language"], unique = true)],
   references = [(column = "tvShowId", to = tvShow, onDelete = cascade)]),
  (entity = syncState, table = "sync_states", stream = syncState, created = "createdAt", updated = "updatedAt",
   indexes = [(columns = ["key"], unique = true)]),
  (entity = auditLog, table = "audit_logs", stream = auditLog, created = "createdAt",
   indexes = [(columns = ["severity"])],
   references = [(column = "userId", to = user, onDelete = setNull)]),

  (entity = movieGenre, table = "movie_genres", stream = movie, owner = "movieId", isLink = true,
   references = [(column = "movieId", to = movie, onDelete = cascade),
                 (column = "genreId", to = genre, onDelete = restrict)]),
  (entity = tvShowGenre, table = "tv_show_genres", stream = tvShow, owner = "tvShowId", isLink = true,
   references = [(column = "tvShowId", to = tvShow, onDelete = cascade),
                 (column = "genreId", to = genre, onDelete = restrict)]),
  (entity = mediaListMovie, table = "media_list_movies", stream = mediaList, owner = "mediaListId", isLink = true,
   references = [(column = "mediaListId", to = mediaList, onDelete = cascade),
                 (column = "movieId", to = movie, onDelete = cascade)]),
  (entity = mediaListTvShow, table = "media_list_tv_shows", stream = mediaList, owner = "mediaListId",
   isLink = true,
   references = [(column = "mediaListId", to = mediaList, onDelete = cascade),
                 (column = "tvShowId", to = tvShow, onDelete = cascade)]),
];
