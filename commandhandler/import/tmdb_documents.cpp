#include "commandhandler/import/tmdb_documents.h"

#include "events/vocabulary.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "events/blank.h"

namespace catlog::commandhandler::importing {
namespace {

using Error = std::unexpected<std::string>;

bool has_any(const JsonObject& document, std::initializer_list<std::string_view> keys) {
  return std::ranges::any_of(keys, [&](std::string_view key) { return document.has(key); });
}

Error without_id(std::string_view what, const JsonObject& document) {
  return Error(document.problem().empty() ? fmt::format("{} has no `id`", what)
                                          : fmt::format("{}: {}", what, document.problem()));
}

// `fallback`: the title in the language of its makers.
std::string title_or(JsonObject& document, std::string_view key, std::string_view fallback) {
  std::string title = document.text(key);
  return events::is_blank(title) ? document.text(fallback) : title;
}

void read_ratings(JsonObject& document, events::schema::Ratings::Builder ratings) {
  ratings.setPopularity(document.real("popularity").value_or(0));
  ratings.setRating(document.real("vote_average").value_or(0));
}

template <class Put>
void set_genres(Put put, const std::vector<int64_t>& genres) {
  auto list = put.initGenres(static_cast<unsigned>(genres.size()));
  for (unsigned at = 0; at < list.size(); ++at) list[at].setTmdbId(genres[at]);
}

// Zero and null stand for "unknown" in some old entries; the column holds positive numbers only.
std::vector<int64_t> read_run_times(simdjson::dom::array from, std::string& problem) {
  std::vector<int64_t> minutes;
  for (auto element : from) {
    if (element.is_null()) continue;
    auto value = as_integer(element);
    if (!value) problem = "`episode_run_time` holds something else than integers";
    if (value && *value != 0) minutes.push_back(*value);
  }
  return minutes;
}

std::expected<Translation, std::string> read_translation(JsonObject entry, std::string_view title_key) {
  Translation translation;
  translation.language = language_of(entry.text("iso_639_1"));
  if (auto data = entry.object("data")) {
    translation.title = data->text(title_key);
    translation.overview = data->text("overview");
    translation.tagline = data->text("tagline");
    if (!data->problem().empty()) return Error(data->problem());
  }
  if (!entry.problem().empty()) return Error(entry.problem());
  if (translation.language.empty()) return Error("`iso_639_1` is no language");
  return translation;
}

bool has_text(const Translation& text) {
  return !events::is_blank(text.title) || !events::is_blank(text.overview) || !events::is_blank(text.tagline);
}

}  // namespace

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

std::string movie_name(int64_t id) { return fmt::format("movie {}", id); }
std::string show_name(int64_t id) { return fmt::format("show {}", id); }
std::string season_name(int64_t show, int64_t number) { return fmt::format("show {} season {}", show, number); }
std::string episode_name(int64_t show, int64_t season, int64_t number) {
  return fmt::format("show {} season {} episode {}", show, season, number);
}

std::expected<Planned, std::string> plan_movie(const std::string& file, JsonObject document,
                                               const std::vector<int64_t>& genres) {
  auto id = document.integer("id");
  if (!id) return without_id("the movie", document);
  Planned planned(file, movie_name(*id));
  auto movie = planned.command().initPutMovie();
  auto facts = movie.initFacts();
  std::string title = title_or(document, "title", "original_title");
  facts.setTmdbId(*id);
  facts.setTitle(title);
  facts.setOverview(document.text("overview"));
  facts.setReleaseDate(document.text("release_date"));
  facts.setPoster(document.text("poster_path"));
  facts.setBackdrop(document.text("backdrop_path"));
  if (auto imdb_id = document.optional_text("imdb_id")) facts.setImdbId(*imdb_id);
  if (auto runtime = document.integer("runtime")) facts.setRuntime(*runtime);
  if (auto budget = document.integer("budget")) facts.setBudget(*budget);
  if (auto revenue = document.integer("revenue")) facts.setRevenue(*revenue);
  read_ratings(document, movie.initRatings());
  set_genres(movie, genres);
  if (!document.problem().empty()) return Error(fmt::format("{}: {}", planned.what(), document.problem()));
  if (events::is_blank(title)) return Error(fmt::format("{} has no title", planned.what()));
  return planned;
}

std::expected<Planned, std::string> plan_show(const std::string& file, JsonObject document,
                                              const std::vector<int64_t>& genres) {
  auto id = document.integer("id");
  if (!id) return without_id("the show", document);
  Planned planned(file, show_name(*id));
  auto show = planned.command().initPutTvShow();
  auto facts = show.initFacts();
  std::string name = title_or(document, "name", "original_name");
  std::string problem;
  facts.setTmdbId(*id);
  facts.setName(name);
  facts.setOverview(document.text("overview"));
  facts.setFirstAirDate(document.text("first_air_date"));
  facts.setPoster(document.text("poster_path"));
  facts.setBackdrop(document.text("backdrop_path"));
  if (auto ids = document.object("external_ids")) {
    if (auto imdb_id = ids->optional_text("imdb_id")) facts.setImdbId(*imdb_id);
    problem = ids->problem();
  }
  facts.setStatus(document.text("status"));
  facts.setTagline(document.text("tagline"));
  facts.setType(document.text("type"));
  facts.setInProduction(document.flag("in_production").value_or(false) ? 1 : 0);
  std::vector<int64_t> minutes;
  if (auto times = document.array("episode_run_time")) minutes = read_run_times(*times, problem);
  auto list = facts.initEpisodeRunTime(static_cast<unsigned>(minutes.size()));
  for (unsigned at = 0; at < list.size(); ++at) list.set(at, minutes[at]);
  read_ratings(document, show.initRatings());
  set_genres(show, genres);
  if (problem.empty()) problem = document.problem();
  if (!problem.empty()) return Error(fmt::format("{}: {}", planned.what(), problem));
  if (events::is_blank(name)) return Error(fmt::format("{} has no name", planned.what()));
  return planned;
}

Translations read_translations(JsonObject& document, std::string_view title_key) {
  Translations result;
  auto outer = document.object("translations");
  auto entries = outer ? outer->array("translations") : std::nullopt;
  if (outer && !outer->problem().empty()) result.problems.push_back(outer->problem());
  if (!entries) return result;
  for (auto element : *entries) {
    auto entry = as_object(element);
    auto text = entry ? read_translation(*entry, title_key) : Error("it is no object");
    if (!text) {
      result.problems.push_back(fmt::format("a translation is left out: {}", text.error()));
      continue;
    }
    bool is_known = std::ranges::any_of(result.texts, [&](auto& known) { return known.language == text->language; });
    if (has_text(*text) && !is_known) result.texts.push_back(std::move(*text));
  }
  return result;
}

Planned plan_movie_translation(const std::string& file, int64_t movie, const Translation& text) {
  Planned planned(file, fmt::format("{} in {}", movie_name(movie), text.language));
  auto put = planned.command().initPutMovieTranslation();
  put.initMovie().setTmdbId(movie);
  auto facts = put.initText();
  facts.setLanguage(text.language);
  facts.setTitle(text.title);
  facts.setOverview(text.overview);
  facts.setTagline(text.tagline);
  return planned;
}

Planned plan_show_translation(const std::string& file, int64_t show, const Translation& text) {
  Planned planned(file, fmt::format("{} in {}", show_name(show), text.language));
  auto put = planned.command().initPutTvShowTranslation();
  put.initTvShow().setTmdbId(show);
  auto facts = put.initText();
  facts.setLanguage(text.language);
  facts.setName(text.title);
  facts.setOverview(text.overview);
  facts.setTagline(text.tagline);
  return planned;
}

GenreList read_genres(JsonObject& document) {
  GenreList result;
  auto entries = document.array("genres");
  if (!entries) return result;
  for (auto element : *entries) {
    auto entry = as_object(element);
    auto id = entry ? entry->integer("id") : std::nullopt;
    std::string name = entry ? entry->text("name") : std::string();
    if (entry && id && entry->problem().empty()) {
      result.genres.push_back({*id, events::is_blank(name) ? std::string() : name});
    } else {
      result.problems.push_back("a genre is left out: it must be an object with `id` and `name`");
    }
  }
  return result;
}

std::expected<Planned, std::string> plan_season(const std::string& file, JsonObject document) {
  Planned planned(file);
  auto facts = planned.command().initPutSeason().initFacts();
  if (auto number = document.integer("season_number")) facts.setSeasonNumber(*number);
  facts.setName(document.text("name"));
  facts.setOverview(document.text("overview"));
  facts.setAirDate(document.text("air_date"));
  facts.setEpisodeCount(document.integer("episode_count").value_or(0));
  facts.setPoster(document.text("poster_path"));
  if (!document.problem().empty()) return Error(fmt::format("a season is left out: {}", document.problem()));
  return planned;
}

void complete_season(Planned& season, int64_t show, int64_t number) {
  auto put = season.command().getPutSeason();
  put.initTvShow().setTmdbId(show);
  auto facts = put.getFacts();
  facts.setSeasonNumber(number);
  if (events::is_blank(facts.getName().cStr())) facts.setName(fmt::format("Season {}", number));
  season.set_what(season_name(show, number));
}

std::expected<EpisodeDocument, std::string> plan_episode(const std::string& file, JsonObject document) {
  EpisodeDocument episode{Planned(file), document.integer("show_id"), document.integer("season_number")};
  auto number = document.integer("episode_number");
  auto facts = episode.planned.command().initPutEpisode().initFacts();
  std::string name = document.text("name");
  if (number) facts.setEpisodeNumber(*number);
  facts.setName(events::is_blank(name) && number ? fmt::format("Episode {}", *number) : name);
  facts.setOverview(document.text("overview"));
  facts.setAirDate(document.text("air_date"));
  if (auto runtime = document.integer("runtime")) facts.setRuntime(*runtime);
  if (auto still = document.optional_text("still_path")) facts.setStillPath(*still);
  if (!document.problem().empty()) return Error(fmt::format("an episode is left out: {}", document.problem()));
  if (!number) return Error("an episode is left out: it has no `episode_number`");
  return episode;
}

void complete_episode(EpisodeDocument& episode, int64_t show, int64_t season) {
  auto put = episode.planned.command().getPutEpisode();
  auto ref = put.initSeason();
  ref.initTvShow().setTmdbId(show);
  ref.setSeasonNumber(season);
  episode.planned.set_what(episode_name(show, season, put.getFacts().getEpisodeNumber()));
}

}  // namespace catlog::commandhandler::importing
