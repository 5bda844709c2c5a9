#include "tests/support/sample_events.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace catlog::tests {

using events::Entity;
using fmt::format;

namespace {
std::string token_digest(int64_t id) { return format("{:064x}", id); }
std::string void_event(const char* name) { return format(R"({{"{}":{{}}}})", name); }
}  // namespace

std::string info_hash(int64_t number) { return format("{:040x}", number); }

EventDraft movie_described(int64_t id, const std::string& title, int64_t tmdb_id) {
  return {Entity::MOVIE, id,
          format(R"({{"movieDescribed":{{"tmdbId":{},"title":"{}","overview":"","releaseDate":"1999-03-31",)"
                 R"("poster":"/p.jpg","backdrop":"","imdbId":"tt{:07}","runtime":136}}}})",
                 tmdb_id ? tmdb_id : 1000 + id, title, id)};
}
EventDraft movie_rated(int64_t id, double popularity, double rating) {
  return {Entity::MOVIE, id, format(R"({{"movieRated":{{"popularity":{},"rating":{}}}}})", popularity, rating)};
}
EventDraft movie_genres_assigned(int64_t id, const std::vector<int64_t>& genre_ids) {
  return {Entity::MOVIE, id, format(R"({{"movieGenresAssigned":{{"genreIds":[{}]}}}})", fmt::join(genre_ids, ","))};
}
EventDraft movie_removed(int64_t id) { return {Entity::MOVIE, id, void_event("movieRemoved")}; }
EventDraft movie_translated(int64_t movie, int64_t id, const std::string& language, const std::string& title) {
  return {Entity::MOVIE, movie,
          format(R"({{"movieTranslated":{{"id":{},"language":"{}","title":"{}","overview":"o","tagline":""}}}})", id,
                 language, title)};
}
EventDraft movie_translation_removed(int64_t movie, int64_t id) {
  return {Entity::MOVIE, movie, format(R"({{"movieTranslationRemoved":{{"id":{}}}}})", id)};
}
EventDraft tv_show_described(int64_t id, const std::string& name) {
  return {Entity::TV_SHOW, id,
          format(R"({{"tvShowDescribed":{{"tmdbId":{},"name":"{}","overview":"","firstAirDate":"","poster":"",)"
                 R"("backdrop":"","status":"Ended","tagline":"","type":"Scripted","inProduction":false,)"
                 R"("episodeRunTime":[45,{}]}}}})",
                 2000 + id, name, 1 + id)};
}
EventDraft tv_show_rated(int64_t id, double popularity, double rating) {
  return {Entity::TV_SHOW, id, format(R"({{"tvShowRated":{{"popularity":{},"rating":{}}}}})", popularity, rating)};
}
EventDraft tv_show_genres_assigned(int64_t id, const std::vector<int64_t>& genre_ids) {
  return {Entity::TV_SHOW, id, format(R"({{"tvShowGenresAssigned":{{"genreIds":[{}]}}}})", fmt::join(genre_ids, ","))};
}
EventDraft tv_show_removed(int64_t id) { return {Entity::TV_SHOW, id, void_event("tvShowRemoved")}; }
EventDraft tv_show_translated(int64_t show, int64_t id, const std::string& language, const std::string& name) {
  return {Entity::TV_SHOW, show,
          format(R"({{"tvShowTranslated":{{"id":{},"language":"{}","name":"{}","overview":"","tagline":"t"}}}})", id,
                 language, name)};
}
EventDraft season_described(int64_t id, int64_t show, int64_t number) {
  return {Entity::SEASON, id,
          format(R"({{"seasonDescribed":{{"tvShowId":{},"seasonNumber":{},"name":"Season {}","overview":"",)"
                 R"("airDate":"2001-09-11","episodeCount":2,"poster":""}}}})",
                 show, number, number)};
}
EventDraft season_removed(int64_t id) { return {Entity::SEASON, id, void_event("seasonRemoved")}; }
EventDraft episode_described(int64_t id, int64_t season, int64_t number) {
  return {Entity::EPISODE, id,
          format(R"({{"episodeDescribed":{{"seasonId":{},"episodeNumber":{},"name":"Episode {}","overview":"",)"
                 R"("airDate":""}}}})",
                 season, number, number)};
}
EventDraft episode_removed(int64_t id) { return {Entity::EPISODE, id, void_event("episodeRemoved")}; }
EventDraft genre_described(int64_t id, const std::string& name) {
  return {Entity::GENRE, id, format(R"({{"genreDescribed":{{"tmdbId":{},"name":"{}"}}}})", 3000 + id, name)};
}
EventDraft genre_removed(int64_t id) { return {Entity::GENRE, id, void_event("genreRemoved")}; }
EventDraft genre_translated(int64_t genre, int64_t id, const std::string& language, const std::string& name) {
  return {Entity::GENRE, genre,
          format(R"({{"genreTranslated":{{"id":{},"language":"{}","name":"{}"}}}})", id, language, name)};
}
EventDraft source_added(int64_t id, int64_t movie) {
  return {Entity::MOVIE_SOURCE, id,
          format(R"({{"movieSourceAdded":{{"movieId":{},"quality":"1080p","type":"bluray","size":2000000000,)"
                 R"("magnetUri":"magnet:?xt=urn:btih:{}","infoHash":"{}","language":"en","title":"Source {}"}}}})",
                 movie, info_hash(id), info_hash(id), id)};
}
EventDraft swarm_observed(int64_t id, int64_t seeds, int64_t peers) {
  return {Entity::MOVIE_SOURCE, id,
          format(R"({{"swarmObserved":{{"seeds":{},"peers":{},"lastSeen":"2024-05-06T07:08:09.123456Z","score":{}}}}})",
                 seeds, peers, static_cast<double>(seeds % 11))};
}
EventDraft source_removed(int64_t id) { return {Entity::MOVIE_SOURCE, id, void_event("movieSourceRemoved")}; }
EventDraft download_started(int64_t id, int64_t source) {
  return {Entity::STORAGE, id,
          format(R"({{"downloadStarted":{{"infoHash":"{}","status":"downloading"}}}})", info_hash(source))};
}
EventDraft transfer_reported(int64_t id, double progress) {
  return {Entity::STORAGE, id,
          format(R"({{"transferReported":{{"downloadProgress":{},"uploadProgress":0,"peers":3,"downloaded":10,)"
                 R"("uploaded":20}}}})",
                 progress)};
}
EventDraft download_paused(int64_t id) { return {Entity::STORAGE, id, R"({"downloadPaused":{"status":"paused"}})"}; }
EventDraft storage_placed(int64_t id, int64_t size) {
  return {
      Entity::STORAGE, id,
      format(R"({{"storagePlaced":{{"directory":"/srv/{}","mainFile":"a/b.mkv","mainFileSize":{},"totalSize":{}}}}})",
             id, size, size)};
}
EventDraft recheck_started(int64_t id) { return {Entity::STORAGE, id, R"({"recheckStarted":{"phase":"checking"}})"}; }
EventDraft download_failed(int64_t id, const std::string& failure) {
  return {
      Entity::STORAGE, id,
      format(R"({{"downloadFailed":{{"status":"error","failure":"{}","failedAt":"2026-01-15T10:30:00Z"}}}})", failure)};
}
EventDraft download_status_reported(int64_t id, const std::string& status) {
  return {Entity::STORAGE, id, format(R"({{"downloadStatusReported":{{"status":"{}"}}}})", status)};
}
EventDraft storage_touched(int64_t id) {
  return {Entity::STORAGE, id, R"({"storageTouched":{"lastAccess":"2026-01-15T10:30:00Z"}})"};
}
EventDraft storage_discarded(int64_t id) { return {Entity::STORAGE, id, void_event("storageDiscarded")}; }
EventDraft storage_removed(int64_t id) { return {Entity::STORAGE, id, void_event("storageRemoved")}; }
EventDraft user_registered(int64_t id, const std::string& username) {
  return {Entity::USER, id,
          format(R"({{"userRegistered":{{"username":"{}","passwordHash":"{}","role":"user","isActive":true}}}})",
                 username, bcrypt_hash)};
}
EventDraft role_assigned(int64_t id, const std::string& role) {
  return {Entity::USER, id, format(R"({{"roleAssigned":{{"role":"{}"}}}})", role)};
}
EventDraft user_deactivated(int64_t id) { return {Entity::USER, id, R"({"userDeactivated":{"isActive":false}})"}; }
EventDraft user_removed(int64_t id) { return {Entity::USER, id, void_event("userRemoved")}; }
EventDraft token_issued(int64_t user, int64_t id) {
  return {Entity::USER, user,
          format(R"({{"refreshTokenIssued":{{"id":{},"token":"{}","expiresAt":"2030-01-01T00:00:00Z"}}}})", id,
                 token_digest(id))};
}
EventDraft token_revoked(int64_t user, int64_t id) {
  return {Entity::USER, user, format(R"({{"refreshTokenRevoked":{{"id":{}}}}})", id)};
}
EventDraft trakt_linked(int64_t user, int64_t id, const std::string& username) {
  return {Entity::USER, user,
          format(R"({{"traktLinked":{{"id":{},"username":"{}","accessToken":"sealed-a","refreshToken":"sealed-r",)"
                 R"("expiresAt":"2030-01-01T00:00:00Z"}}}})",
                 id, username)};
}
EventDraft trakt_unlinked(int64_t user, int64_t id) {
  return {Entity::USER, user, format(R"({{"traktUnlinked":{{"id":{}}}}})", id)};
}
EventDraft list_created(int64_t id, const std::string& name) {
  return {Entity::MEDIA_LIST, id,
          format(R"({{"mediaListCreated":{{"name":"{}","description":"","isPublic":true}}}})", name)};
}
EventDraft list_removed(int64_t id) { return {Entity::MEDIA_LIST, id, void_event("mediaListRemoved")}; }
EventDraft movie_listed(int64_t list, int64_t movie) {
  return {Entity::MEDIA_LIST, list, format(R"({{"movieListed":{{"movieId":{}}}}})", movie)};
}
EventDraft movie_delisted(int64_t list, int64_t movie) {
  return {Entity::MEDIA_LIST, list, format(R"({{"movieDelisted":{{"movieId":{}}}}})", movie)};
}
EventDraft tv_show_listed(int64_t list, int64_t show) {
  return {Entity::MEDIA_LIST, list, format(R"({{"tvShowListed":{{"tvShowId":{}}}}})", show)};
}
EventDraft sync_recorded(int64_t id, const std::string& key) {
  return {Entity::SYNC_STATE, id,
          format(R"({{"syncRecorded":{{"key":"{}","lastSync":"2024-01-02T03:04:05Z","data":"{{}}"}}}})", key)};
}
EventDraft audit_recorded(int64_t id, int64_t user) {
  std::string by = user ? format(R"("userId":{},)", user) : "";
  return {Entity::AUDIT_LOG, id,
          format(R"({{"auditRecorded":{{{}"action":"LOGIN","severity":"INFO","metadata":"{{\"a\":1}}"}}}})", by)};
}
EventDraft audit_purged(int64_t id) { return {Entity::AUDIT_LOG, id, void_event("auditLogPurged")}; }

RecordScript small_catalogue() {
  RecordScript script;
  script.command({genre_described(1, "Drama"), genre_translated(1, 1, "de", "Drama")});
  script.command({genre_described(2, "Comedy")});
  script.command({movie_described(1, "The Matrix"), movie_rated(1, 80.5, 8.2), movie_genres_assigned(1, {1, 2})});
  script.command({movie_described(2, "Sintel")});
  script.command({movie_translated(1, 1, "fr", "La Matrice")});
  script.command({source_added(1, 1), swarm_observed(1, 10, 4)});
  script.command({download_started(1, 1)});
  script.command({transfer_reported(1, 0.25)});
  script.command({tv_show_described(1, "The Wire"), tv_show_rated(1, 50, 9), tv_show_genres_assigned(1, {1})});
  script.command({tv_show_translated(1, 1, "es", "Bajo escucha")});
  script.command({season_described(1, 1, 1)});
  script.command({episode_described(1, 1, 1)});
  script.command({episode_described(2, 1, 2)});
  script.command({user_registered(1, "ada"), audit_recorded(1, 1)});
  script.command({token_issued(1, 1)});
  script.command({trakt_linked(1, 1, "ada-trakt")});
  script.command({list_created(1, "Watch")});
  script.command({movie_listed(1, 1)});
  script.command({tv_show_listed(1, 1)});
  script.command({sync_recorded(1, "tmdb.changes")});
  return script;
}

}  // namespace catlog::tests
