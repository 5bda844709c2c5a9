#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "commandhandler/import/genres.h"
#include "commandhandler/import/json_file.h"
#include "commandhandler/import/plan.h"
#include "commandhandler/import/tmdb_seasons.h"

namespace catlog::commandhandler::importing {

// Makes the plan of an import from TMDB's documents, given in order of their files' names.
//
// Each kind of thing is described by one kind of document, which brings it up to date; others only create what is not
// there. So the catalogue holds the same in the end in whatever order and in how many runs documents come, as long as
// no two documents of one kind contradict each other. A show's document describes its seasons; a season's document
// describes its episodes.
//
// Pure: the same documents give the same plan. Threads: one at a time. Lifetime: keeps nothing of a document.
class TmdbPlanner {
 public:
  // `list_language`: the language of genre lists whose file does not say one.
  explicit TmdbPlanner(std::optional<Language> list_language = {}) : genres_(std::move(list_language)) {}
  // One document or an array of them.
  void add(const std::string& file, const JsonValue& root);
  void report(const std::string& file, std::string reason) { plan_.report(file, std::move(reason)); }
  Plan finish() &&;

 private:
  void add_document(const std::string& file, const JsonValue& value);
  void add_movie(const std::string& file, JsonObject document);
  void add_show(const std::string& file, JsonObject document);
  void add_listed_seasons(const std::string& file, int64_t show, const std::vector<JsonValue>& seasons);
  void add_appended_seasons(const std::string& file, int64_t show, const JsonObject& document);
  void report_all(const std::string& file, const std::string& what, const std::vector<std::string>& reasons);
  std::vector<int64_t> note_genres(const std::string& file, const std::string& what, JsonObject& document);

  PlanBuilder plan_;
  TmdbGenres genres_;
  TmdbSeasons seasons_;
};

// Reads the files and plans them; what cannot be read is a problem.
Plan plan_tmdb(const std::vector<std::string>& files, std::optional<Language> list_language = {});

}  // namespace catlog::commandhandler::importing
