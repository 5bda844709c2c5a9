#include "tests/support/commands.h"

#include "events/schema/record.h"
#include "events/text/json_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "events/text/uuid.h"

namespace catlog::tests {

Fields Fields::with(std::string_view name, std::string raw) const {
  Fields changed = *this;
  auto found = std::find_if(changed.fields_.begin(), changed.fields_.end(), [&](auto& f) { return f.first == name; });
  if (found == changed.fields_.end())
    changed.fields_.emplace_back(name, std::move(raw));
  else
    found->second = std::move(raw);
  return changed;
}

Fields Fields::without(std::string_view name) const {
  Fields changed = *this;
  std::erase_if(changed.fields_, [&](auto& field) { return field.first == name; });
  return changed;
}

std::string Fields::as(std::string_view command) const {
  std::string out;
  for (const auto& [name, raw] : fields_) out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", name, raw);
  return fmt::format("{{\"{}\":{{{}}}}}", command, out);
}

std::string json_text(std::string_view text) {
  std::string out;
  events::write_json_text(text, out);
  return out;
}

std::string hash_of(int64_t number) { return fmt::format("{:040x}", number); }
std::string magnet_of(int64_t number) { return "magnet:?xt=urn:btih:" + hash_of(number); }

std::string movie_ref(int64_t tmdb_id) { return fmt::format("{{\"tmdbId\":{}}}", tmdb_id); }
std::string show_ref(int64_t tmdb_id) { return movie_ref(tmdb_id); }
std::string season_ref(int64_t number, int64_t show_tmdb_id) {
  return fmt::format("{{\"tvShow\":{},\"seasonNumber\":{}}}", show_ref(show_tmdb_id), number);
}
std::string source_ref(int64_t number) { return fmt::format("{{\"infoHash\":\"{}\"}}", hash_of(number)); }
std::string purge_until(int64_t us) {
  return fmt::format("{{\"purgeAuditLogs\":{{\"before\":\"{}\"}}}}", events::to_rfc3339(us));
}

std::string user_ref(const std::string& name) { return fmt::format("{{\"username\":{}}}", json_text(name)); }

Fields movie_fields(int64_t tmdb_id) {
  return {{"tmdbId", std::to_string(tmdb_id)}, {"title", "\"The Matrix\""}, {"overview", "\"\""},
          {"releaseDate", "\"1999-03-31\""},   {"poster", "\"\""},          {"backdrop", "\"\""}};
}

Fields tv_show_fields(int64_t tmdb_id) {
  return {{"tmdbId", std::to_string(tmdb_id)},
          {"name", "\"A show\""},
          {"overview", "\"\""},
          {"firstAirDate", "\"\""},
          {"poster", "\"\""},
          {"backdrop", "\"\""},
          {"status", "\"\""},
          {"tagline", "\"\""},
          {"type", "\"\""},
          {"inProduction", "true"}};
}

Fields season_fields(int64_t number, int64_t show_tmdb_id) {
  return {{"tvShow", show_ref(show_tmdb_id)},
          {"seasonNumber", std::to_string(number)},
          {"name", "\"Season\""},
          {"overview", "\"\""},
          {"airDate", "\"\""},
          {"episodeCount", "10"},
          {"poster", "\"\""}};
}

Fields episode_fields(int64_t number, int64_t season, int64_t show_tmdb_id) {
  return {{"season", season_ref(season, show_tmdb_id)},
          {"episodeNumber", std::to_string(number)},
          {"name", "\"Episode\""},
          {"overview", "\"\""},
          {"airDate", "\"\""}};
}

Fields genre_fields(int64_t tmdb_id) { return {{"tmdbId", std::to_string(tmdb_id)}, {"name", "\"Animation\""}}; }

Fields source_fields(int64_t number, int64_t movie_tmdb_id) {
  return {{"movie", movie_ref(movie_tmdb_id)},
          {"quality", "\"1080p\""},
          {"type", "\"web\""},
          {"size", "276445467"},
          {"language", "\"en\""},
          {"title", "\"A source\""},
          {"seeds", "10"},
          {"peers", "2"},
          {"magnetUri", json_text(magnet_of(number))}};
}

Fields user_fields(const std::string& name) {
  return {{"username", json_text(name)}, {"passwordHash", json_text(bcrypt_text)}};
}

Fields token_fields(const std::string& user, const std::string& token) {
  return {{"user", user_ref(user)}, {"token", json_text(token)}, {"expiresAt", "\"2027-01-15T10:30:00Z\""}};
}

Fields trakt_fields(const std::string& user) {
  return {{"user", user_ref(user)},
          {"username", "\"ada-on-trakt\""},
          {"accessToken", "\"hunter2-access\""},
          {"refreshToken", "\"hunter2-refresh\""},
          {"expiresAt", "\"2027-04-15T10:30:00Z\""}};
}

Fields list_fields(const std::string& name) { return {{"name", json_text(name)}, {"description", "\"\""}}; }

Fields transfer_fields(double progress, int64_t source) {
  return {{"storage", source_ref(source)}, {"downloadProgress", fmt::format("{}", progress)}, {"uploadProgress", "0"}};
}

std::string in_envelope(std::string_view envelope, std::string_view command) {
  return fmt::format("{{{},{}", envelope, command.substr(1));
}

std::string batch_of(const std::vector<std::string>& commands) {
  std::string out;
  for (const auto& command : commands) {
    bool has_id = command.rfind("{\"id\":", 0) == 0;
    auto id = fmt::format("\"id\":\"{}\"", events::to_string(events::new_uuid()));
    out += (out.empty() ? "" : ",") + (has_id ? command : in_envelope(id, command));
  }
  return fmt::format("{{\"batch\":{{\"commands\":[{}]}}}}", out);
}

std::string events_of(WriteSide& side, const events::Receipt& receipt) {
  std::string names;
  if (receipt.effect.first == 0) return names;
  side.log().snapshot().scan(receipt.effect.first, [&](events::Position position, store::Bytes bytes) {
    if (position > receipt.effect.last) return false;
    auto which = static_cast<uint16_t>(events::RecordView(bytes).root().getEvent().which());
    names += (names.empty() ? "" : " ") + events::model().event(which)->name;
    return true;
  });
  return names;
}

std::string last_event(WriteSide& side, const events::Receipt& receipt) {
  auto snapshot = side.log().snapshot();
  const events::RecordView view(snapshot.read(receipt.effect.last));
  const auto json = events::write_json(view.root(), events::Secrets::shown);
  return json.substr(json.find("\"event\":") + 8, json.size() - json.find("\"event\":") - 9);
}

std::string recorded(WriteSide& side, std::string_view json) { return events_of(side, side.accept(json)); }

void fill_catalogue(WriteSide& side) {
  for (int64_t genre : {16, 35}) side.accept(genre_fields(genre).as("putGenre"));
  side.accept(movie_fields().as("putMovie"));
  side.accept(source_fields().as("addMovieSource"));
  side.accept(tv_show_fields().as("putTvShow"));
  side.accept(season_fields().as("putSeason"));
  side.accept(episode_fields().as("putEpisode"));
  for (auto [name, role] :
       {std::pair("ada", "\"user\""), std::pair("gus", "\"guest\""), std::pair("root", "\"admin\"")})
    side.accept(user_fields(name).with("role", role).as("registerUser"));
  side.accept(list_fields().as("createMediaList"));
  side.accept(Fields{{"key", "\"tmdb\""}, {"lastSync", "\"2026-01-15T10:30:00Z\""}}.as("recordSync"));
}

}  // namespace catlog::tests
