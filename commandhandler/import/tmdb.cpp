#include "commandhandler/import/tmdb.h"

#include <algorithm>

#include <fmt/format.h>

#include "commandhandler/import/tmdb_documents.h"
#include "commandhandler/import/tmdb_kinds.h"
#include "commandhandler/import/tmdb_translations.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler::importing {
namespace {

// A show without them has no IMDb id, and another document may have said one.
constexpr std::string_view without_external_ids = "the IMDb id, for want of `external_ids`, of shows";

std::string at_path(const JsonValue& value, const std::string& reason) {
  return value.path().empty() ? reason : fmt::format("`{}`: {}", value.path(), reason);
}

}  // namespace

void TmdbPlanner::add(const std::string& file, const JsonValue& root) {
  auto documents = root.array();
  if (!documents) return add_document(file, root);
  for (const JsonValue& document : *documents) add_document(file, document);
}

void TmdbPlanner::add_document(const std::string& file, const JsonValue& value) {
  auto document = value.object();
  if (!document) return report(file, at_path(value, fmt::format("this is no JSON object but {}", value.shown())));
  const TmdbKind kind = kind_of(*document);
  if (kind != TmdbKind::unknown) plan_.note_document();
  switch (kind) {
    case TmdbKind::unknown:
      return report(file, at_path(value, why_unknown(*document)));
    case TmdbKind::movie:
      return add_movie(file, *document);
    case TmdbKind::show:
      return add_show(file, *document);
    case TmdbKind::season:
      return seasons_.add(file, *document, {}, plan_);
    case TmdbKind::genre_list: {
      GenreList list = read_genres(*document);
      report_all(file, "genre list", list.problems);
      if (!document->problem().empty()) report(file, document->problem());
      genres_.add_list(file, list.genres, plan_);
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
  if (!document.problem().empty())
    return report(file, fmt::format("{} is left out: {}", planned->what(), document.problem()));
  for (const std::string& part : left_out_of(TmdbKind::movie, document)) plan_.leave_out(part);
  plan_.leave_out("translations of movies into a further region's language", translations.beside);
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
  if (!document.problem().empty())
    return report(file, fmt::format("{} is left out: {}", planned->what(), document.problem()));
  for (const std::string& part : left_out_of(TmdbKind::show, document)) plan_.leave_out(part);
  plan_.leave_out("translations of shows into a further region's language", translations.beside);
  if (planned->weight() == Weight::partial) planned->set_otherwise(plan_in_place_of_unknown(*planned));
  plan_.add(Stage::shows, std::move(*planned));
  for (const Translation& text : translations.texts)
    plan_.add(Stage::show_translations, plan_show_translation(file, id, text));
  if (!document.has("external_ids")) plan_.leave_out(std::string(without_external_ids));
  if (seasons) add_listed_seasons(file, id, *seasons);
  add_appended_seasons(file, id, document);
}

void TmdbPlanner::add_listed_seasons(const std::string& file, int64_t show, const std::vector<JsonValue>& seasons) {
  for (const JsonValue& value : seasons) {
    auto entry = value.object();
    auto number = entry ? entry->integer("season_number") : std::nullopt;
    if (!number) {
      report(file, fmt::format("{}: a season is left out: `{}` has no `season_number`: {}", show_name(show),
                               value.path(), value.shown()));
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
    if (id) seasons_.add_listed(*id, {show, *number});
  }
}

void TmdbPlanner::add_appended_seasons(const std::string& file, int64_t show, const JsonObject& document) {
  for (const auto& [name, value] : document.members()) {
    auto number = season_of_member(name);
    if (!number || value.is_null()) continue;
    auto season = value.object();
    if (season && season->has("episodes")) {
      seasons_.add(file, *season, {show, *number}, plan_);
    } else {
      report(file, fmt::format("{} is left out: `{}` is no season but {}", season_name(show, *number), value.path(),
                               value.shown()));
    }
  }
}

Plan TmdbPlanner::finish() && {
  seasons_.plan(plan_);
  genres_.plan(plan_);
  return std::move(plan_).finish();
}

Plan plan_tmdb(const std::vector<std::string>& files, std::optional<Language> list_language) {
  TmdbPlanner planner(std::move(list_language));
  JsonFileReader reader;
  for (const std::string& file : files) {
    if (auto root = reader.read(file))
      planner.add(file, *root);
    else
      planner.report(file, root.error());
  }
  return std::move(planner).finish();
}

}  // namespace catlog::commandhandler::importing
