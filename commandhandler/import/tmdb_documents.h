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

std::string movie_name(int64_t id);                                      // "movie 603"
std::string show_name(int64_t id);                                       // "show 1396"
std::string season_name(int64_t show, int64_t number);                   // "show 1396 season 1"
std::string episode_name(int64_t show, int64_t season, int64_t number);  // "show 1396 season 1 episode 2"

// putMovie and putTvShow; `genres` are TMDB's ids. The document's id is in the command.
std::expected<Planned, std::string> plan_movie(const std::string& file, JsonObject document,
                                               const std::vector<int64_t>& genres);
std::expected<Planned, std::string> plan_show(const std::string& file, JsonObject document,
                                              const std::vector<int64_t>& genres);

struct Genre {
  int64_t id;
  std::string name;  // may be empty
};
struct GenreList {
  std::vector<Genre> genres;
  std::vector<std::string> problems;
};
// The member `genres`; entries that cannot be read are problems.
GenreList read_genres(JsonObject& document);

// The show as far as a season's document tells: that there is one with this id.
Planned plan_unknown_show(const std::string& file, int64_t id);
// What `show`, the command of an incomplete document, does where the show is exactly what plan_unknown_show makes of
// it, so that it makes no difference which of the two comes first; refused where it is anything else.
Planned plan_in_place_of_unknown(const Planned& show);

// A season as a show lists it or as a document of its own describes it: everything but the show. The season's number is
// absent_int when it is not given.
std::expected<Planned, std::string> plan_season(const std::string& file, JsonObject document);
// Puts in what was missing and names the thing.
void complete_season(Planned& season, int64_t show, int64_t number);

// An episode, and the season that it says it belongs to.
struct EpisodeDocument {
  Planned planned;
  std::optional<int64_t> show, season;
  std::string path;  // in its document
};
std::expected<EpisodeDocument, std::string> plan_episode(const std::string& file, JsonObject document);
void complete_episode(EpisodeDocument& episode, int64_t show, int64_t season);

}  // namespace catlog::commandhandler::importing
