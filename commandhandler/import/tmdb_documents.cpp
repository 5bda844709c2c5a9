#include "commandhandler/import/tmdb_documents.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "commandhandler/import/tmdb_kinds.h"
#include "events/text/blank.h"

namespace catlog::commandhandler::importing {
namespace {

using Error = std::unexpected<std::string>;

Error without_id(std::string_view what, const JsonObject& document) {
  return Error(document.problem().empty() ? fmt::format("{} is left out: it has no `id`", what)
                                          : fmt::format("{} is left out: {}", what, document.problem()));
}

// `fallback`: the title in the language of its makers.
std::string title_or(JsonObject& document, std::string_view key, std::string_view fallback) {
  std::string title = document.text(key);
  return events::is_blank(title) ? document.text(fallback) : title;
}

void read_ratings(JsonObject& document, events::schema::Ratings::Builder ratings) {
  if (const auto popularity = document.real("popularity")) ratings.setPopularity(*popularity);
  if (const auto rating = document.real("vote_average")) ratings.setRating(*rating);
}

template <class Put>
void set_genres(Put put, const std::vector<int64_t>& genres) {
  auto list = put.initGenres(static_cast<unsigned>(genres.size()));
  for (unsigned at = 0; at < list.size(); ++at) list[at].setTmdbId(genres[at]);
}

// Marks a command whose document lacks members that TMDB always gives, null where it knows nothing.
void weigh(Planned& planned, const JsonObject& document, std::initializer_list<std::string_view> always) {
  constexpr size_t named = 3;
  std::vector<std::string_view> missing;
  for (std::string_view key : always)
    if (!document.has(key)) missing.push_back(key);
  if (missing.empty()) return;
  std::string detail;
  for (size_t at = 0; at < std::min(missing.size(), named); ++at)
    detail += fmt::format("{}`{}`", at > 0 ? ", " : "", missing[at]);
  if (missing.size() > named) detail += fmt::format(" and {} more", missing.size() - named);
  planned.weigh(Weight::partial, fmt::format("it has no {}", detail));
}

// Zero and null stand for "unknown" in some old entries; the column holds positive numbers only.
std::vector<int64_t> read_run_times(const std::vector<JsonValue>& from, std::string& problem) {
  std::vector<int64_t> minutes;
  for (const JsonValue& entry : from) {
    if (entry.is_null()) continue;
    auto value = entry.integer();
    if (!value) problem = fmt::format("`{}` is no integer but {}", entry.path(), entry.shown());
    if (value && *value != 0) minutes.push_back(*value);
  }
  return minutes;
}

// Of a movie or a show, where the document speaks of them.
template <class Command>
void read_ratings_and_genres(JsonObject& document, const std::vector<int64_t>& genres, Command title) {
  if (has_any(document, {"popularity", "vote_average"})) read_ratings(document, title.initRatings());
  if (document.has("genres")) set_genres(title, genres);
}

// The title, or why it is left out. `noun`: title or name.
std::expected<Planned, std::string> whole_title(Planned planned, const std::string& problem, const std::string& name,
                                                std::string_view noun) {
  if (!problem.empty()) return Error(fmt::format("{} is left out: {}", planned.what(), problem));
  if (events::is_blank(name)) return Error(fmt::format("{} is left out: it has no {}", planned.what(), noun));
  return planned;
}

}  // namespace

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
  auto imdb_id = document.optional_text("imdb_id");
  auto ids = document.object("external_ids");
  if (!imdb_id && ids) imdb_id = ids->optional_text("imdb_id");
  if (imdb_id) facts.setImdbId(*imdb_id);
  if (auto runtime = document.integer("runtime")) facts.setRuntime(*runtime);
  if (auto budget = document.integer("budget")) facts.setBudget(*budget);
  if (auto revenue = document.integer("revenue")) facts.setRevenue(*revenue);
  read_ratings_and_genres(document, genres, movie);
  weigh(planned, document,
        {"overview", "release_date", "poster_path", "backdrop_path", "imdb_id", "runtime", "budget", "revenue",
         "popularity", "vote_average", "genres"});
  std::string problem = document.problem();
  if (problem.empty() && ids) problem = ids->problem();
  return whole_title(std::move(planned), problem, title, "title");
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
  read_ratings_and_genres(document, genres, show);
  weigh(planned, document,
        {"overview", "first_air_date", "poster_path", "backdrop_path", "status", "tagline", "type", "in_production",
         "episode_run_time", "popularity", "vote_average", "genres"});
  if (problem.empty()) problem = document.problem();
  return whole_title(std::move(planned), problem, name, "name");
}

GenreList read_genres(JsonObject& document) {
  GenreList result;
  auto entries = document.array("genres");
  if (!entries) return result;
  for (const JsonValue& value : *entries) {
    auto entry = value.object();
    auto id = entry ? entry->integer("id") : std::nullopt;
    std::string name = entry ? entry->text("name") : std::string();
    if (entry && id && entry->problem().empty()) {
      result.genres.push_back({*id, events::is_blank(name) ? std::string() : name});
    } else {
      result.problems.push_back(fmt::format(
          "a genre is left out: `{}` must be an object with `id` and `name`, and is {}", value.path(), value.shown()));
    }
  }
  return result;
}

Planned plan_unknown_show(const std::string& file, int64_t id) {
  Planned planned(file, show_name(id));
  planned.weigh(Weight::placeholder);
  auto facts = planned.command().initPutTvShow().initFacts();
  facts.setTmdbId(id);
  facts.setName(fmt::format("Show {}", id));
  facts.setOverview("");
  facts.setFirstAirDate("");
  facts.setPoster("");
  facts.setBackdrop("");
  facts.setStatus("");
  facts.setTagline("");
  facts.setType("");
  facts.setInProduction(0);
  facts.initEpisodeRunTime(0);
  planned.report_if_created(
      fmt::format("{} was not there, and all that is known of it is its number; import its document", planned.what()));
  return planned;
}

// Version 1 alone may be another show that was told of once. Of any other than the unknown one the first command makes
// another version, and the second refuses both.
Planned plan_in_place_of_unknown(const Planned& show) {
  Planned planned(show.file(), show.what());
  const int64_t id = show.command().getPutTvShow().getFacts().getTmdbId();
  auto commands = planned.command().initBatch().initCommands(2);
  const Planned unknown = plan_unknown_show(show.file(), id);
  commands.setWithCaveats(0, unknown.command());
  commands[0].setExpectedVersion(any_version);
  commands.setWithCaveats(1, show.command());
  commands[1].setExpectedVersion(1);
  planned.weigh(show.weight(), show.detail());
  return planned;
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
  EpisodeDocument episode{Planned(file), document.integer("show_id"), document.integer("season_number"),
                          document.path()};
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
  if (!number) return Error(fmt::format("an episode is left out: `{}` has no `episode_number`", document.path()));
  weigh(episode.planned, document, {"name", "overview", "air_date", "runtime", "still_path"});
  // The name that stands for none takes nobody's place.
  if (events::is_blank(name)) episode.planned.weigh(Weight::partial);
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
