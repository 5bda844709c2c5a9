#include "commandhandler/state/known_keys.h"

#include <algorithm>
#include <utility>

#include "commandhandler/state/row.h"
#include "events/error.h"

namespace catlog::commandhandler {
namespace {

// Where in a row's kept values those of its natural key are.
std::vector<size_t> places_of_key(const events::EntityModel& entity) {
  std::vector<size_t> places;
  if (const auto* key = events::natural_key_of(entity))
    for (const std::string& column : key->columns)
      places.push_back(static_cast<size_t>(std::ranges::find(entity.kept, column) - entity.kept.begin()));
  return places;
}

events::KnownKey known_key(const store::StateStore& states, Entity entity, int64_t id) {
  static const std::vector<std::vector<size_t>> places = [] {
    std::vector<std::vector<size_t>> all;
    for (const auto& each : events::model().entities()) all.push_back(places_of_key(each));
    return all;
  }();
  const store::StateSnapshot snapshot = states.snapshot();
  events::KnownKey known{{}, snapshot.position()};
  const auto bytes = snapshot.get(row_key(entity, id));
  if (!bytes) return known;
  const Row row = decode_row(*bytes);
  events::NaturalKey key;
  for (const size_t place : places.at(static_cast<size_t>(entity))) {
    if (place >= row.kept.size()) return known;
    if (const auto* number = std::get_if<int64_t>(&row.kept[place]))
      key.values.emplace_back(*number);
    else if (const auto* text = std::get_if<std::string>(&row.kept[place]))
      key.values.emplace_back(*text);
    else
      return known;
  }
  if (!key.values.empty()) known.key = std::move(key);
  return known;
}

}  // namespace

events::KnownKeys known_keys(const store::StateStore& states) {
  return [&states](Entity entity, int64_t id) { return known_key(states, entity, id); };
}

}  // namespace catlog::commandhandler
