#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commandhandler/import/languages.h"
#include "commandhandler/import/plan.h"
#include "commandhandler/import/tmdb_documents.h"

namespace catlog::commandhandler::importing {

// The language of a genre list by its file's name, whose last words say it (movie-es.json, genres.fr.json,
// tv-es-MX.json.gz, list-zh-Hans.json, french.json), or else by one of the two folders that it lies in (fr/genres.json,
// pt-BR/genre/tv.json). nullopt: neither says one.
std::optional<Language> genre_language(std::string_view file);
// TMDB's own name of a genre in English; empty for one that is not known here.
std::string_view english_genre(int64_t id);

// The names of genres, as lists in several languages and the titles that have them give them.
class TmdbGenres {
 public:
  // `asked`: the language of lists whose file does not say one.
  explicit TmdbGenres(std::optional<Language> asked = {}) : asked_(std::move(asked)) {}
  // Adds a list. One that says no language is English when all genres in it that are known have TMDB's English names.
  // One that says another language is taken as English, and that is a problem, when there are more of those names than
  // two languages share. When the language cannot be told, that is a problem, and the names count like those in a
  // title's document.
  void add_list(const std::string& file, const std::vector<Genre>& genres, PlanBuilder& plan);
  void add_titles_genres(const std::string& file, const std::vector<Genre>& genres);
  // Plans one putGenre for each genre, and its names in other languages than English. An English list names a genre.
  // Without one a genre that is there keeps its name, and a new one gets TMDB's own English name, or else the first
  // that was given.
  void plan(PlanBuilder& plan) const;

 private:
  struct Name {
    std::string name, file;
    Language language;
  };
  struct Names {
    std::map<std::string, Name> by_language;
    Name first;
  };
  void add_name(int64_t genre, Name name, PlanBuilder& plan);
  static Left left_name(int64_t genre, const Name& name);
  Planned naming(int64_t id, const Names& names) const;

  std::optional<Language> asked_;
  std::map<int64_t, Names> genres_;
};

}  // namespace catlog::commandhandler::importing
