#include "commandhandler/import/tmdb_kinds.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include <fmt/format.h>

#include "commandhandler/import/json_text.h"

namespace catlog::commandhandler::importing {
namespace {

// What TMDB answers when nothing more is asked for.
bool is_usual(TmdbKind kind, std::string_view member) {
  constexpr std::string_view title[] = {"adult",
                                        "backdrop_path",
                                        "external_ids",
                                        "genres",
                                        "homepage",
                                        "id",
                                        "media_type",
                                        "origin_country",
                                        "original_language",
                                        "overview",
                                        "popularity",
                                        "poster_path",
                                        "production_companies",
                                        "production_countries",
                                        "softcore",
                                        "spoken_languages",
                                        "status",
                                        "tagline",
                                        "translations",
                                        "vote_average",
                                        "vote_count"};
  constexpr std::string_view movie[] = {"belongs_to_collection",
                                        "budget",
                                        "imdb_id",
                                        "original_title",
                                        "release_date",
                                        "revenue",
                                        "runtime",
                                        "title",
                                        "video"};
  constexpr std::string_view show[] = {
      "created_by",         "episode_run_time",    "first_air_date", "in_production", "languages",
      "last_air_date",      "last_episode_to_air", "name",           "networks",      "next_episode_to_air",
      "number_of_episodes", "number_of_seasons",   "original_name",  "seasons",       "type"};
  constexpr std::string_view season[] = {"_id",         "air_date",      "episode_count", "episodes",
                                         "id",          "name",          "networks",      "overview",
                                         "poster_path", "season_number", "show_id",       "vote_average"};
  const auto is_in = [member](const auto& members) { return std::ranges::find(members, member) != std::end(members); };
  if (kind == TmdbKind::season) return is_in(season);
  return is_in(title) || (kind == TmdbKind::movie ? is_in(movie) : is_in(show));
}

}  // namespace

bool has_any(const JsonObject& document, std::initializer_list<std::string_view> keys) {
  return std::ranges::any_of(keys, [&](std::string_view key) { return document.has(key); });
}

TmdbKind kind_of(const JsonObject& document) {
  if (document.has("episodes")) return TmdbKind::season;
  if (document.has("genres") && document.size() == 1) return TmdbKind::genre_list;
  if (has_any(document, {"name", "original_name"}) &&
      has_any(document, {"seasons", "number_of_seasons", "episode_run_time", "in_production"}))
    return TmdbKind::show;
  if (has_any(document, {"title", "original_title"}) &&
      has_any(document, {"imdb_id", "runtime", "budget", "revenue", "translations"}))
    return TmdbKind::movie;
  return TmdbKind::unknown;
}

std::string why_unknown(JsonObject document) {
  if (document.has("status_code") && document.has("status_message"))
    return "this is an error that TMDB answered, no title";
  return "this is neither a movie, a show, a season nor a genre list as TMDB gives them";
}

std::vector<std::string> left_out_of(TmdbKind kind, const JsonObject& document) {
  const bool is_movie = kind == TmdbKind::movie, is_show = kind == TmdbKind::show;
  std::vector<std::string> parts;
  for (const auto& [name, value] : document.members()) {
    if (value.is_empty() || is_usual(kind, name) || (is_show && season_of_member(name))) continue;
    std::string general;
    for (char c : name) {
      const bool is_digit = c >= '0' && c <= '9';
      if (!is_digit || !general.ends_with('N')) general += is_digit ? 'N' : c;
    }
    parts.push_back(fmt::format("`{}` of {}", shortened(general), is_movie ? "movies" : is_show ? "shows" : "seasons"));
  }
  return parts;
}

std::optional<int64_t> season_of_member(std::string_view name) {
  constexpr std::string_view prefix = "season/";
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  int64_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace catlog::commandhandler::importing
