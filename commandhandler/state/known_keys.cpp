#include "commandhandler/state/known_keys.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "commandhandler/state/row.h"
#include "events/error.h"

namespace catlog::commandhandler {
namespace {

// A value of a natural key: where in a row's kept values it is, and of which kind.
struct KeyValue {
  size_t place;
  bool is_text;
};

std::vector<KeyValue> key_of(const events::EntityModel& entity) {
  std::vector<KeyValue> values;
  const auto* key = events::natural_key_of(entity);
  const auto& events = events::model().events();
  const auto created = std::ranges::find_if(events, [&](const events::EventType& event) {
    return event.op == events::Op::CREATE && event.entity == entity.entity;
  });
  if (!key || created == events.end()) return values;
  for (const std::string& name : key->columns) {
    const auto column = std::ranges::find(created->columns, name, &events::Column::name);
    const auto place = std::ranges::find(entity.kept, name) - entity.kept.begin();
    values.push_back({static_cast<size_t>(place), column->kind == events::Kind::text});
  }
  return values;
}

// Nothing where the row does not hold it.
std::optional<events::NaturalKey> key_in(const Row& row, const std::vector<KeyValue>& values) {
  events::NaturalKey key;
  for (const auto& [place, is_text] : values) {
    if (place >= row.kept.size()) return {};
    const auto* number = std::get_if<int64_t>(&row.kept[place]);
    const auto* text = std::get_if<std::string>(&row.kept[place]);
    if (is_text ? !text : !number) return {};
    if (text && text->size() > events::NaturalKey::most_text_bytes) return events::NaturalKey{};
    if (text)
      key.values.emplace_back(*text);
    else
      key.values.emplace_back(*number);
  }
  return key;
}

events::KnownKey known_key(const store::StateStore& states, Entity entity, int64_t id) {
  static const std::vector<std::vector<KeyValue>> keys = [] {
    std::vector<std::vector<KeyValue>> all;
    for (const auto& each : events::model().entities()) all.push_back(key_of(each));
    return all;
  }();
  events::KnownKey known;
  const auto& values = keys.at(static_cast<size_t>(entity));
  // What is only told must not end whoever tells it: damage is for those who judge by the state.
  try {
    const store::StateSnapshot snapshot = states.snapshot();
    known.at = snapshot.position();
    const auto bytes = values.empty() ? std::nullopt : snapshot.get(row_key(entity, id));
    if (bytes) known.key = key_in(decode_row(*bytes), values);
  } catch (const events::Failure& failure) {
    if (failure.code() != events::Exit::damaged) throw;
  }
  return known;
}

}  // namespace

events::KnownKeys known_keys(const store::StateStore& states) {
  return [&states](Entity entity, int64_t id) { return known_key(states, entity, id); };
}

}  // namespace catlog::commandhandler
