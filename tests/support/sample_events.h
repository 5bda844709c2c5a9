#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/records.h"

namespace catlog::tests {

// Valid events with made-up values that follow from their numbers. Text arguments must need no escaping in JSON.

constexpr const char* bcrypt_hash = "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

// 40 hex digits that end in the number.
std::string info_hash(int64_t number);

EventDraft movie_described(int64_t id, const std::string& title, int64_t tmdb_id = 0);  // 0: 1000 + id
EventDraft movie_rated(int64_t id, double popularity, double rating);
EventDraft movie_genres_assigned(int64_t id, const std::vector<int64_t>& genre_ids);
EventDraft movie_removed(int64_t id);
EventDraft movie_translated(int64_t movie, int64_t id, const std::string& language, const std::string& title);
EventDraft movie_translation_removed(int64_t movie, int64_t id);
EventDraft tv_show_described(int64_t id, const std::string& name);
EventDraft tv_show_rated(int64_t id, double popularity, double rating);
EventDraft tv_show_genres_assigned(int64_t id, const std::vector<int64_t>& genre_ids);
EventDraft tv_show_removed(int64_t id);
EventDraft tv_show_translated(int64_t show, int64_t id, const std::string& language, const std::string& name);
EventDraft season_described(int64_t id, int64_t show, int64_t number);
EventDraft season_removed(int64_t id);
EventDraft episode_described(int64_t id, int64_t season, int64_t number);
EventDraft episode_removed(int64_t id);
EventDraft genre_described(int64_t id, const std::string& name);
EventDraft genre_removed(int64_t id);
EventDraft genre_translated(int64_t genre, int64_t id, const std::string& language, const std::string& name);
EventDraft source_added(int64_t id, int64_t movie);  // its hash is info_hash(id)
EventDraft swarm_observed(int64_t id, int64_t seeds, int64_t peers);
EventDraft source_removed(int64_t id);
EventDraft download_started(int64_t id, int64_t source);
EventDraft transfer_reported(int64_t id, double progress);
EventDraft download_paused(int64_t id);
EventDraft storage_placed(int64_t id, int64_t size);
EventDraft recheck_started(int64_t id);
EventDraft download_failed(int64_t id, const std::string& failure);
EventDraft download_status_reported(int64_t id, const std::string& status);
EventDraft storage_touched(int64_t id);
EventDraft storage_discarded(int64_t id);
EventDraft storage_removed(int64_t id);
EventDraft user_registered(int64_t id, const std::string& username);
EventDraft role_assigned(int64_t id, const std::string& role);
EventDraft user_deactivated(int64_t id);
EventDraft user_removed(int64_t id);
EventDraft token_issued(int64_t user, int64_t id);
EventDraft token_revoked(int64_t user, int64_t id);
EventDraft trakt_linked(int64_t user, int64_t id, const std::string& username);
EventDraft trakt_unlinked(int64_t user, int64_t id);
EventDraft list_created(int64_t id, const std::string& name);
EventDraft list_removed(int64_t id);
EventDraft movie_listed(int64_t list, int64_t movie);
EventDraft movie_delisted(int64_t list, int64_t movie);
EventDraft tv_show_listed(int64_t list, int64_t show);
EventDraft sync_recorded(int64_t id, const std::string& key);
EventDraft audit_recorded(int64_t id, int64_t user);  // 0: no user
EventDraft audit_purged(int64_t id);

// One command for each, so that every table has rows: two movies with genres, translations, a source and its download,
// a show with a season and two episodes, a user with token, Trakt link and audit row, a list with entries.
RecordScript small_catalogue();

}  // namespace catlog::tests
