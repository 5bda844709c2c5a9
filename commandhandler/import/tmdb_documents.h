#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commandhandler/import/json_file.h"
#include "commandhandler/import/plan.h"

namespace catlog::commandhandler::importing {

// How TMDB's documents become commands. A Planned that is made here names its own thing; references to others are by
// TMDB's ids. An error is a sentence for a Problem.

enum class TmdbKind { unknown, movie, show, season, genre_list };
// By the members that it has, not by where it was found.
TmdbKind kind_of(const JsonObject& document);
// Why a document of unknown kind cannot be imported.
std::string why_unknown(JsonObject document);

std::string movie_name(int64_t id);                                      // "movie 603"
std::string show_name(int64_t id);                                       // "show 1396"
std::string season_name(int64_t show, int64_t number);                   // "show 1396 season 1"
std::string episode_name(int64_t show, int64_t season, int64_t number);  // "show 1396 season 1 episode 2"

// putMovie and putTvShow; `genres` are TMDB's ids. The document's id is in the command.
std::expected<Planned, std::string> plan_movie(const std::string& file, JsonObject document,
                                               const std::vector<int64_t>& genres);
std::expected<Planned, std::string> plan_show(const std::string& file, JsonObject document,
                                              const std::vector<int64_t>& genres);

struct Translation {
  std::string language, title, overview, tagline;
};
struct Translations {
  std::vector<Translation> texts;     // one a language, the first that holds any text
  std::vector<std::string> problems;  // entries that could not be read
};
// `title_key`: "title" of a movie, "name" of a show.
Translations read_translations(JsonObject& document, std::string_view title_key);
Planned plan_movie_translation(const std::string& file, int64_t movie, const Translation& text);
Planned plan_show_translation(const std::string& file, int64_t show, const Translation& text);

struct Genre {
  int64_t id;
  std::string name;  // may be empty
};
struct GenreList {
  std::vector<Genre> genres;
  std::vector<std::string> problems;
};
GenreList read_genres(JsonObject& document);

// A season as a show lists it or as a file of its own describes it: everything but the show. The season's number is
// absent_int when it is not given.
std::expected<Planned, std::string> plan_season(const std::string& file, JsonObject document);
// Puts in what was missing and names the thing.
void complete_season(Planned& season, int64_t show, int64_t number);

// An episode, and the season that it says it belongs to.
struct EpisodeDocument {
  Planned planned;
  std::optional<int64_t> show, season;
};
std::expected<EpisodeDocument, std::string> plan_episode(const std::string& file, JsonObject document);
void complete_episode(EpisodeDocument& episode, int64_t show, int64_t season);

}  // namespace catlog::commandhandler::importing
