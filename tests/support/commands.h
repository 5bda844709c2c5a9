#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/write_side.h"

namespace catlog::tests {

// The fields of a command as raw JSON, to be changed one at a time.
class Fields {
 public:
  Fields(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  // Sets or replaces one. `raw` is JSON: a text needs its quotes.
  Fields with(std::string_view name, std::string raw) const;
  Fields without(std::string_view name) const;
  // {"putMovie":{…}}
  std::string as(std::string_view command) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A bcrypt string, and what every secret in these commands contains, so that a leak is found by searching.
constexpr const char* bcrypt_text = "$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S";
constexpr const char* secret_mark = "hunter2";

// Whole and valid; what they refer to must be there.
Fields movie_fields(int64_t tmdb_id = 603);
Fields tv_show_fields(int64_t tmdb_id = 1930);
Fields season_fields(int64_t number = 1, int64_t show_tmdb_id = 1930);
Fields episode_fields(int64_t number = 1, int64_t season = 1, int64_t show_tmdb_id = 1930);
Fields genre_fields(int64_t tmdb_id = 16);
Fields source_fields(int64_t number = 1, int64_t movie_tmdb_id = 603);
Fields user_fields(const std::string& name = "ada");
Fields token_fields(const std::string& user = "ada", const std::string& token = "hunter2-token");
Fields trakt_fields(const std::string& user = "ada");
Fields list_fields(const std::string& name = "Open movies");
Fields transfer_fields(double progress = 0.5, int64_t source = 1);

std::string json_text(std::string_view text);
std::string purge_until(int64_t us);  // purgeAuditLogs
// 40 hex digits, and the magnet that has them.
std::string hash_of(int64_t number);
std::string magnet_of(int64_t number);

// References as JSON objects.
std::string movie_ref(int64_t tmdb_id = 603);
std::string show_ref(int64_t tmdb_id = 1930);
std::string season_ref(int64_t number = 1, int64_t show_tmdb_id = 1930);
std::string source_ref(int64_t number = 1);
std::string user_ref(const std::string& name = "ada");

// {"id":…,"expectedVersion":…,…} before the command: `envelope` is raw JSON members, `"expectedVersion":3`.
std::string in_envelope(std::string_view envelope, std::string_view command);
// {"batch":{"commands":[…]}}; each command gets an id unless it begins with one.
std::string batch_of(const std::vector<std::string>& commands);

// The names of the events of one message, in order, separated by spaces.
std::string events_of(WriteSide& side, const events::Receipt& receipt);
// The same of a command that must be accepted.
std::string recorded(WriteSide& side, std::string_view json);
// The last event of an accepted command as JSON, {"movieRated":{…}}.
std::string last_event(WriteSide& side, const events::Receipt& receipt);

// A movie 603 with a source 1, a show 1930 with a season 1 and an episode 1, genres 16 and 35 (in use by nobody),
// users ada (user), gus (guest) and root (admin), a list 1, sync state "tmdb".
void fill_catalogue(WriteSide& side);
// A write side with that in it.
struct Catalogue : WriteSide {
  Catalogue() { fill_catalogue(*this); }
};
constexpr int64_t ada = 1, gus = 2, root = 3;  // the users' ids

}  // namespace catlog::tests
