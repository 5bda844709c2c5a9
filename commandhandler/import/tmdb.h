#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "commandhandler/import/json_file.h"
#include "commandhandler/import/plan.h"
#include "commandhandler/import/tmdb_documents.h"

namespace catlog::commandhandler::importing {

// The language of a genre list, from its file's name: movie-es.json and tv-es-MX.json are es, everything else is en.
std::string genre_language(std::string_view file);

// The names of genres, as lists in several languages and the titles that have them give them.
class TmdbGenres {
 public:
  // The first name of a genre in a language counts.
  void add_list(const std::string& file, const std::string& language, const std::vector<Genre>& genres);
  void add_titles_genres(const std::string& file, const std::vector<Genre>& genres);
  // One putGenre for each, and its names in other languages than English. One without an English list keeps the name
  // that it has in the catalogue.
  void plan(PlanBuilder& plan) const;

 private:
  struct Name {
    std::string name, file;
  };
  struct Names {
    std::map<std::string, Name> by_language;
    Name first;
  };
  std::map<int64_t, Names> genres_;
};

// Makes the plan of an import from TMDB's documents, given in order of their files' names.
//
// Pure: the same documents give the same plan. Threads: one at a time. Lifetime: keeps nothing of a document.
class TmdbPlanner {
 public:
  // One document or an array of them.
  void add(const std::string& file, simdjson::dom::element root);
  void report(const std::string& file, std::string reason) { plan_.report(file, std::move(reason)); }
  Plan finish() &&;

 private:
  struct SeasonFile {
    Planned season;
    int64_t id = 0;  // TMDB's; 0: not given
    std::optional<int64_t> number;
    std::vector<EpisodeDocument> episodes;
  };
  using SeasonKey = std::pair<int64_t, int64_t>;  // the show's id and the season's number

  void add_document(const std::string& file, simdjson::dom::element element);
  void add_movie(const std::string& file, JsonObject document);
  void add_show(const std::string& file, JsonObject document);
  void add_listed_seasons(const std::string& file, int64_t show, simdjson::dom::array seasons);
  void add_season_file(const std::string& file, JsonObject document);
  void report_all(const std::string& file, const std::string& what, const std::vector<std::string>& reasons);
  std::vector<int64_t> note_genres(const std::string& file, const std::string& what, JsonObject& document);
  std::optional<SeasonKey> key_of(const SeasonFile& season) const;
  void place_episodes(SeasonFile& season, const std::optional<SeasonKey>& key);
  void place_season_files();
  void place_seasons_of_strays();  // seasons that only episodes of other seasons' files speak of

  PlanBuilder plan_;
  TmdbGenres genres_;
  std::vector<SeasonFile> season_files_;
  std::unordered_map<int64_t, SeasonKey> listed_by_id_;
  std::map<SeasonKey, int64_t> episode_counts_;
  std::map<SeasonKey, std::string> episode_files_;  // the first file that has an episode of the season
};

// Reads the files and plans them; what cannot be read is a problem.
Plan plan_tmdb(const std::vector<std::string>& files);

}  // namespace catlog::commandhandler::importing
