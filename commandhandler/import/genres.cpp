#include "commandhandler/import/genres.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "events/schema/vocabulary.h"

namespace catlog::commandhandler::importing {
namespace {

constexpr std::string_view naming_language = "en";

// As TMDB documents them, of movies and of shows. Titles carry their genres' names in the language that they were asked
// for in, and say nothing of it: so what they give counts only for genres that are not here.
constexpr std::pair<int64_t, std::string_view> english_genres[] = {
    {12, "Adventure"},
    {14, "Fantasy"},
    {16, "Animation"},
    {18, "Drama"},
    {27, "Horror"},
    {28, "Action"},
    {35, "Comedy"},
    {36, "History"},
    {37, "Western"},
    {53, "Thriller"},
    {80, "Crime"},
    {99, "Documentary"},
    {878, "Science Fiction"},
    {9648, "Mystery"},
    {10402, "Music"},
    {10749, "Romance"},
    {10751, "Family"},
    {10752, "War"},
    {10759, "Action & Adventure"},
    {10762, "Kids"},
    {10763, "News"},
    {10764, "Reality"},
    {10765, "Sci-Fi & Fantasy"},
    {10766, "Soap"},
    {10767, "Talk"},
    {10768, "War & Politics"},
    {10770, "TV Movie"},
};

std::string genre_name(int64_t id) { return fmt::format("genre {}", id); }
std::string translation_name(int64_t id, const std::string& language) {
  return fmt::format("genre {} in {}", id, language);
}
std::string in_quotes(const std::string& name) { return fmt::format("\"{}\"", name); }

// With so many English names, and no other, a list is in no other language, whatever its file is called. Languages
// share some names (Drama, Horror), and none so many.
constexpr size_t beyond_chance = 12;

// How many genres have TMDB's English names; 0 when one that is known has another.
size_t english_names(const std::vector<Genre>& genres) {
  std::set<int64_t> english;
  for (const Genre& genre : genres) {
    const std::string_view known = english_genre(genre.id);
    if (known.empty() || genre.name.empty()) continue;
    if (known != genre.name) return 0;
    english.insert(genre.id);
  }
  return english.size();
}

std::string_view without_endings(std::string_view name) {
  for (std::string_view ending : {".gz", ".GZ", ".json", ".JSON", ".Json"})
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  return name;
}

// The last folder or file of a path, which is cut off.
std::string_view last_part(std::string_view& path) {
  const size_t slash = path.find_last_of('/');
  std::string_view part = slash == std::string_view::npos ? path : path.substr(slash + 1);
  path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  return part;
}

// The longest language at a name's end, behind one of ". - _" or as the whole of it: "pt-br" before "br".
std::optional<Language> language_at_end(std::string_view name) {
  for (size_t begin = 0; begin != std::string_view::npos;) {
    if (auto language = read_language(name.substr(begin))) return language;
    begin = name.find_first_of(".-_", begin);
    if (begin != std::string_view::npos) ++begin;
  }
  return std::nullopt;
}

// Other regions' lists stand behind the language's own, whichever comes first.
bool is_of_other_region(const Language& language) { return region_order(language).starts_with('2'); }

}  // namespace

std::string_view english_genre(int64_t id) {
  const auto* found = std::ranges::find(english_genres, id, [](const auto& genre) { return genre.first; });
  return found == std::end(english_genres) ? std::string_view() : found->second;
}

std::optional<Language> genre_language(std::string_view file) {
  constexpr int folders = 2;
  if (auto language = language_at_end(without_endings(last_part(file)))) return language;
  for (int folder = 0; folder < folders; ++folder)
    if (auto language = read_language(last_part(file))) return language;
  return std::nullopt;
}

void TmdbGenres::add_list(const std::string& file, const std::vector<Genre>& genres, PlanBuilder& plan) {
  const Language english{std::string(naming_language), ""};
  const size_t count = english_names(genres);
  auto language = genre_language(file);
  if (!language) language = asked_;
  if (!language && count > 0) language = english;
  if (language && language->code != naming_language && count >= beyond_chance) {
    plan.report(file, fmt::format("the names of this genre list are TMDB's English ones, and \"{}\" is said to be its "
                                  "language by its name, folder or --language; it is taken as English",
                                  language->code));
    language = english;
  }
  add_titles_genres(file, genres);
  if (!language) {
    const auto other = std::ranges::find_if(genres, [](auto& genre) { return english_genre(genre.id) != genre.name; });
    return plan.report(file,
                       fmt::format("the language of this genre list cannot be told{}: end the file's name with it "
                                   "(genres.fr.json) or give --language; its names are left out where a genre is "
                                   "there or known",
                                   other == genres.end() ? "" : fmt::format(" by \"{}\"", other->name)));
  }
  for (const Genre& genre : genres)
    if (!genre.name.empty()) add_name(genre.id, {genre.name, file, *language}, plan);
}

void TmdbGenres::add_name(int64_t genre, Name name, PlanBuilder& plan) {
  auto [known, is_new] = genres_[genre].by_language.try_emplace(name.language.code, name);
  if (is_new) return;
  Name& counts = known->second;
  const std::string before = region_order(counts.language), now = region_order(name.language);
  if (now < before) std::swap(counts, name);
  if (counts.name == name.name) return;
  if (now != before) return plan.leave(left_name(genre, name));
  plan.report(name.file,
              fmt::format("{} is \"{}\" here; the name in {} counts", genre_name(genre), name.name, counts.file));
}

Left TmdbGenres::left_name(int64_t genre, const Name& name) {
  return {Weight::other_region, name.file, translation_name(genre, name.language.code), in_quotes(name.name)};
}

void TmdbGenres::add_titles_genres(const std::string& file, const std::vector<Genre>& genres) {
  for (const Genre& genre : genres) {
    Names& names = genres_[genre.id];
    if (names.first.name.empty()) names.first = {genre.name, file, {}};
  }
}

Planned TmdbGenres::naming(int64_t id, const Names& names) const {
  auto english = names.by_language.find(std::string(naming_language));
  const bool has_english = english != names.by_language.end();
  const bool is_whole = has_english && !is_of_other_region(english->second.language);
  std::string name = is_whole ? english->second.name : std::string(english_genre(id));
  if (name.empty()) name = has_english ? english->second.name : names.first.name;
  if (name.empty()) name = fmt::format("Genre {}", id);
  Planned planned(has_english ? english->second.file : names.first.file, genre_name(id));
  // Another region's name that is not the one sent is told of as left out already, or is not English at all.
  if (!is_whole) planned.weigh(Weight::placeholder);
  if (!is_whole && has_english && name == english->second.name) planned.weigh(Weight::other_region, in_quotes(name));
  auto facts = planned.command().initPutGenre().initFacts();
  facts.setTmdbId(id);
  facts.setName(name);
  return planned;
}

void TmdbGenres::plan(PlanBuilder& plan) const {
  for (const auto& [id, names] : genres_) {
    Planned named = naming(id, names);
    const auto english = names.by_language.find(std::string(naming_language));
    if (english != names.by_language.end() &&
        english->second.name != named.command().getPutGenre().getFacts().getName().cStr())
      plan.leave(left_name(id, english->second));
    plan.add(Stage::genres, std::move(named));
    for (const auto& [language, translation] : names.by_language) {
      if (language == naming_language) continue;
      Planned translated(translation.file, translation_name(id, language));
      if (is_of_other_region(translation.language)) translated.weigh(Weight::other_region, in_quotes(translation.name));
      auto put = translated.command().initPutGenreTranslation();
      put.initGenre().setTmdbId(id);
      auto text = put.initText();
      text.setLanguage(language);
      text.setName(translation.name);
      plan.add(Stage::genre_translations, std::move(translated));
    }
  }
}

}  // namespace catlog::commandhandler::importing
