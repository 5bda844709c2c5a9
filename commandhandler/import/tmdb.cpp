#include "commandhandler/import/tmdb.h"

#include <algorithm>

#include <fmt/format.h>

namespace catlog::commandhandler::importing {
namespace {

constexpr std::string_view naming_language = "en";

// The value that most have; of several, the smallest. nullopt: none has any.
std::optional<int64_t> majority(const std::vector<EpisodeDocument>& episodes,
                                std::optional<int64_t> EpisodeDocument::*member) {
  std::map<int64_t, size_t> counts;
  for (const auto& episode : episodes)
    if (episode.*member) ++counts[*(episode.*member)];
  auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? std::nullopt : std::optional(most->first);
}

std::string genre_name(int64_t id) { return fmt::format("genre {}", id); }

}  // namespace

std::string genre_language(std::string_view file) {
  size_t slash = file.find_last_of('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  if (file.ends_with(".json")) file.remove_suffix(5);
  size_t dash = file.find_last_of('-');
  if (dash == std::string_view::npos) return std::string(naming_language);
  std::string_view last = file.substr(dash + 1);
  bool is_region = last.size() == 2 && last[0] >= 'A' && last[0] <= 'Z' && last[1] >= 'A' && last[1] <= 'Z';
  size_t before = dash == 0 ? std::string_view::npos : file.find_last_of('-', dash - 1);
  if (is_region && before != std::string_view::npos) last = file.substr(before + 1, dash - before - 1);
  std::string language = language_of(last);
  // genre-tv.json: the kind of title, and no language is called so.
  return language.empty() || language == "tv" ? std::string(naming_language) : language;
}

void TmdbGenres::add_list(const std::string& file, const std::string& language, const std::vector<Genre>& genres) {
  for (const Genre& genre : genres) {
    Names& names = genres_[genre.id];
    if (genre.name.empty()) continue;
    names.by_language.try_emplace(language, Name{genre.name, file});
    if (names.first.name.empty()) names.first = {genre.name, file};
  }
}

void TmdbGenres::add_titles_genres(const std::string& file, const std::vector<Genre>& genres) {
  for (const Genre& genre : genres) {
    Names& names = genres_[genre.id];
    if (names.first.name.empty()) names.first = {genre.name, file};
  }
}

void TmdbGenres::plan(PlanBuilder& plan) const {
  for (const auto& [id, names] : genres_) {
    auto english = names.by_language.find(std::string(naming_language));
    bool is_english = english != names.by_language.end();
    const Name& name = is_english ? english->second : names.first;
    Planned planned(name.file, genre_name(id));
    // A title's genres may be in any language, so such a name is only for a genre that is not there yet.
    if (!is_english) planned.command().setExpectedVersion(0);
    auto facts = planned.command().initPutGenre().initFacts();
    facts.setTmdbId(id);
    facts.setName(name.name.empty() ? fmt::format("Genre {}", id) : name.name);
    plan.add(Stage::genres, std::move(planned));
    for (const auto& [language, translation] : names.by_language) {
      if (language == naming_language) continue;
      Planned translated(translation.file, fmt::format("{} in {}", genre_name(id), language));
      auto put = translated.command().initPutGenreTranslation();
      put.initGenre().setTmdbId(id);
      auto text = put.initText();
      text.setLanguage(language);
      text.setName(translation.name);
      plan.add(Stage::genre_translations, std::move(translated));
    }
  }
}

void TmdbPlanner::add(const std::string& file, simdjson::dom::element root) {
  simdjson::dom::array documents;
  if (root.get_array().get(documents)) return add_document(file, root);
  for (auto document : documents) add_document(file, document);
}

void TmdbPlanner::add_document(const std::string& file, simdjson::dom::element element) {
  auto document = as_object(element);
  if (!document) return report(file, "this is no JSON object");
  switch (kind_of(*document)) {
    case TmdbKind::unknown:
      return report(file, why_unknown(*document));
    case TmdbKind::movie:
      return add_movie(file, *document);
    case TmdbKind::show:
      return add_show(file, *document);
    case TmdbKind::season:
      return add_season_file(file, *document);
    case TmdbKind::genre_list: {
      GenreList list = read_genres(*document);
      report_all(file, "genre list", list.problems);
      if (!document->problem().empty()) report(file, document->problem());
      genres_.add_list(file, genre_language(file), list.genres);
    }
  }
}

void TmdbPlanner::report_all(const std::string& file, const std::string& what,
                             const std::vector<std::string>& reasons) {
  for (const std::string& reason : reasons) report(file, fmt::format("{}: {}", what, reason));
}

std::vector<int64_t> TmdbPlanner::note_genres(const std::string& file, const std::string& what, JsonObject& document) {
  GenreList list = read_genres(document);
  report_all(file, what, list.problems);
  genres_.add_titles_genres(file, list.genres);
  std::vector<int64_t> ids;
  for (const Genre& genre : list.genres)
    if (std::ranges::find(ids, genre.id) == ids.end()) ids.push_back(genre.id);
  return ids;
}

void TmdbPlanner::add_movie(const std::string& file, JsonObject document) {
  std::vector<int64_t> genres = note_genres(file, "movie", document);
  auto planned = plan_movie(file, document, genres);
  if (!planned) return report(file, planned.error());
  int64_t id = planned->command().getPutMovie().getFacts().getTmdbId();
  Translations translations = read_translations(document, "title");
  report_all(file, planned->what(), translations.problems);
  if (!document.problem().empty()) return report(file, fmt::format("{}: {}", planned->what(), document.problem()));
  plan_.add(Stage::movies, std::move(*planned));
  for (const Translation& text : translations.texts)
    plan_.add(Stage::movie_translations, plan_movie_translation(file, id, text));
}

void TmdbPlanner::add_show(const std::string& file, JsonObject document) {
  std::vector<int64_t> genres = note_genres(file, "show", document);
  auto planned = plan_show(file, document, genres);
  if (!planned) return report(file, planned.error());
  int64_t id = planned->command().getPutTvShow().getFacts().getTmdbId();
  Translations translations = read_translations(document, "name");
  auto seasons = document.array("seasons");
  report_all(file, planned->what(), translations.problems);
  if (!document.problem().empty()) return report(file, fmt::format("{}: {}", planned->what(), document.problem()));
  plan_.add(Stage::shows, std::move(*planned));
  for (const Translation& text : translations.texts)
    plan_.add(Stage::show_translations, plan_show_translation(file, id, text));
  if (seasons) add_listed_seasons(file, id, *seasons);
}

void TmdbPlanner::add_listed_seasons(const std::string& file, int64_t show, simdjson::dom::array seasons) {
  for (auto element : seasons) {
    auto entry = as_object(element);
    auto number = entry ? entry->integer("season_number") : std::nullopt;
    if (!number) {
      report(file, fmt::format("{}: a season is left out: it has no `season_number`", show_name(show)));
      continue;
    }
    auto id = entry->integer("id");
    auto season = plan_season(file, *entry);
    if (!season) {
      report(file, fmt::format("{}: {}", season_name(show, *number), season.error()));
      continue;
    }
    complete_season(*season, show, *number);
    plan_.add(Stage::seasons, std::move(*season));
    if (id) listed_by_id_.try_emplace(*id, SeasonKey{show, *number});
  }
}

void TmdbPlanner::add_season_file(const std::string& file, JsonObject document) {
  auto planned = plan_season(file, document);
  auto episodes = document.array("episodes");
  auto id = document.integer("id");
  if (!planned) return report(file, planned.error());
  if (!document.problem().empty()) return report(file, fmt::format("a season is left out: {}", document.problem()));
  SeasonFile season{std::move(*planned), id.value_or(0), document.integer("season_number"), {}};
  if (episodes) {
    for (auto element : *episodes) {
      auto entry = as_object(element);
      auto episode = entry ? plan_episode(file, *entry) : std::unexpected(std::string("an episode is no object"));
      if (episode) {
        season.episodes.push_back(std::move(*episode));
      } else {
        report(file, episode.error());
      }
    }
  }
  season_files_.push_back(std::move(season));
}

std::optional<TmdbPlanner::SeasonKey> TmdbPlanner::key_of(const SeasonFile& season) const {
  auto listed = listed_by_id_.find(season.id);
  bool is_listed = season.id != 0 && listed != listed_by_id_.end();
  auto show = majority(season.episodes, &EpisodeDocument::show);
  auto number = season.number;
  if (!number) number = majority(season.episodes, &EpisodeDocument::season);
  if (!show && is_listed) show = listed->second.first;
  if (!number && is_listed) number = listed->second.second;
  if (!show || !number) return std::nullopt;
  return SeasonKey{*show, *number};
}

void TmdbPlanner::place_episodes(SeasonFile& season, const std::optional<SeasonKey>& key) {
  const std::string& file = season.season.file();
  for (EpisodeDocument& episode : season.episodes) {
    auto show = episode.show ? episode.show : key ? std::optional(key->first) : std::nullopt;
    auto number = episode.season ? episode.season : key ? std::optional(key->second) : std::nullopt;
    if (!show || !number) {
      report(file, "an episode is left out: neither it nor its file tells its show and season");
      continue;
    }
    complete_episode(episode, *show, *number);
    SeasonKey own{*show, *number};
    if (!plan_.has(episode.planned.what())) ++episode_counts_[own];
    episode_files_.try_emplace(own, file);
    plan_.add(Stage::episodes, std::move(episode.planned));
  }
}

void TmdbPlanner::place_season_files() {
  for (SeasonFile& file : season_files_) {
    auto key = key_of(file);
    place_episodes(file, key);
    if (!key) {
      if (file.episodes.empty()) report(file.season.file(), "a season without episodes: its show cannot be told");
      continue;
    }
    // What a show lists is what counts; its season files only add to it.
    if (!plan_.has(season_name(key->first, key->second))) complete_season(file.season, key->first, key->second);
  }
  for (SeasonFile& file : season_files_) {
    if (file.season.what().empty()) continue;
    auto put = file.season.command().getPutSeason();
    SeasonKey key{put.getTvShow().getTmdbId(), put.getFacts().getSeasonNumber()};
    auto count = episode_counts_.find(key);
    put.getFacts().setEpisodeCount(count == episode_counts_.end() ? 0 : count->second);
    plan_.add(Stage::seasons, std::move(file.season));
  }
}

void TmdbPlanner::place_seasons_of_strays() {
  for (const auto& [key, file] : episode_files_) {
    if (plan_.has(season_name(key.first, key.second))) continue;
    // Only its episodes speak of it; a season that is there knows more.
    Planned season(file);
    auto facts = season.command().initPutSeason().initFacts();
    complete_season(season, key.first, key.second);
    facts.setOverview("");
    facts.setAirDate("");
    facts.setPoster("");
    facts.setEpisodeCount(episode_counts_[key]);
    season.command().setExpectedVersion(0);
    plan_.add(Stage::seasons, std::move(season));
  }
}

Plan TmdbPlanner::finish() && {
  place_season_files();
  place_seasons_of_strays();
  genres_.plan(plan_);
  return std::move(plan_).finish();
}

Plan plan_tmdb(const std::vector<std::string>& files) {
  TmdbPlanner planner;
  JsonFileReader reader;
  for (const std::string& file : files) {
    if (auto root = reader.read(file)) {
      planner.add(file, *root);
    } else {
      planner.report(file, root.error());
    }
  }
  return std::move(planner).finish();
}

}  // namespace catlog::commandhandler::importing
