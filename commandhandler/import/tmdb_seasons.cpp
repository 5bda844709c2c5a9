#include "commandhandler/import/tmdb_seasons.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "commandhandler/import/tmdb_kinds.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler::importing {
namespace {

// The value that most have; of several, the smallest. nullopt: none has any.
std::optional<int64_t> majority(const std::vector<EpisodeDocument>& episodes,
                                std::optional<int64_t> EpisodeDocument::*member) {
  std::map<int64_t, size_t> counts;
  for (const auto& episode : episodes)
    if (episode.*member) ++counts[*(episode.*member)];
  auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? std::nullopt : std::optional(most->first);
}

std::optional<int64_t> number_of(const std::string& text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || (stop != end && *stop != '.')) return std::nullopt;
  return number;
}

}  // namespace

std::optional<SeasonKey> season_of_path(std::string_view file) {
  constexpr size_t parts = 4;
  std::vector<std::string> names;
  for (const auto& part : std::filesystem::path(file)) names.push_back(part.string());
  if (names.size() < parts) return std::nullopt;
  const auto* last = &names[names.size() - parts];
  auto show = number_of(last[1]), number = number_of(last[3]);
  if (last[0] != "tv" || last[2] != "season" || !show || !number) return std::nullopt;
  return SeasonKey{*show, *number};
}

void TmdbSeasons::add(const std::string& file, JsonObject document, const Known& known, PlanBuilder& plan) {
  auto planned = plan_season(file, document);
  auto episodes = document.array("episodes");
  auto id = document.integer("id");
  auto number = document.integer("season_number");
  if (!planned) return plan.report(file, planned.error());
  if (!document.problem().empty())
    return plan.report(file, fmt::format("a season is left out: {}", document.problem()));
  for (std::string& part : left_out_of(TmdbKind::season, document)) plan.leave_out(part);
  Document season{std::move(*planned), id, {known.show, number ? number : known.number}, {}};
  for (const JsonValue& value : episodes.value_or(std::vector<JsonValue>())) {
    auto entry = value.object();
    auto episode = entry ? plan_episode(file, *entry)
                         : std::unexpected(fmt::format("an episode is left out: `{}` is no object but {}", value.path(),
                                                       value.shown()));
    if (episode) {
      season.episodes.push_back(std::move(*episode));
    } else {
      plan.report(file, episode.error());
    }
  }
  documents_.push_back(std::move(season));
}

std::optional<SeasonKey> TmdbSeasons::key_of(const Document& document) const {
  auto show = document.known.show, number = document.known.number;
  if (!show) show = majority(document.episodes, &EpisodeDocument::show);
  if (!number) number = majority(document.episodes, &EpisodeDocument::season);
  const auto path = season_of_path(document.season.file());
  const auto listed = document.id ? listed_.find(*document.id) : listed_.end();
  if (!show && path) show = path->first;
  if (!number && path) number = path->second;
  if (!show && listed != listed_.end()) show = listed->second.first;
  if (!number && listed != listed_.end()) number = listed->second.second;
  if (!show || !number) return std::nullopt;
  return SeasonKey{*show, *number};
}

// How many there are.
int64_t TmdbSeasons::place_episodes(Document& document, SeasonKey key, PlanBuilder& plan) {
  const auto [show, number] = key;
  std::set<int64_t> numbers;
  for (EpisodeDocument& episode : document.episodes) {
    const SeasonKey own{episode.show.value_or(show), episode.season.value_or(number)};
    complete_episode(episode, own.first, own.second);
    if (own != key) {
      // Its own season's document describes it, and whether that season is there depends on what came before.
      plan.report(document.season.file(),
                  fmt::format("{} is left out: `{}` stands in a document of {}; import that of its own season",
                              episode.planned.what(), episode.path, season_name(show, number)));
      continue;
    }
    numbers.insert(std::as_const(episode.planned).command().getPutEpisode().getFacts().getEpisodeNumber());
    plan.add(Stage::episodes, std::move(episode.planned));
  }
  return static_cast<int64_t>(numbers.size());
}

void TmdbSeasons::place(Document& document, PlanBuilder& plan) {
  const std::string file = document.season.file();
  const auto key = key_of(document);
  if (!key)
    return plan.report(file, fmt::format("a season with {} episodes is left out: its show or number cannot be told; "
                                         "import it as tv/SHOW/season/NUMBER.json or together with its show's document",
                                         document.episodes.size()));
  const auto [show, number] = *key;
  const int64_t count = place_episodes(document, *key, plan);
  complete_season(document.season, show, number);
  document.season.command().getPutSeason().getFacts().setEpisodeCount(count);
  document.season.weigh(Weight::season_document);
  plan.add(Stage::seasons, std::move(document.season));
  if (!plan.has(show_name(show))) plan.add(Stage::shows, plan_unknown_show(file, show));
}

void TmdbSeasons::plan(PlanBuilder& plan) {
  for (Document& document : documents_) place(document, plan);
}

}  // namespace catlog::commandhandler::importing
