#include "events/schema/natural_key.h"

#include <algorithm>

namespace catlog::events {
namespace {

// What of this an event has, found once.
struct Plan {
  std::vector<const Column*> key;  // of the natural key, in its order; none: the event gives none
  std::vector<RowIdColumn> row_ids;
  bool removes_translation = false;
};

Plan plan_of(const EventType& type) {
  Plan plan;
  const EntityModel& entity = model().entity(type.entity);
  const Index* key = type.op == Op::CREATE && entity.stream == entity.entity ? natural_key_of(entity) : nullptr;
  if (key)
    for (const std::string& name : key->columns)
      plan.key.push_back(&*std::ranges::find(type.columns, name, &Column::name));
  for (const Column& column : type.columns)
    for (const Reference& reference : entity.references)
      if (column.name == reference.column || (type.op == Op::ASSIGN && column.name == reference.column + 's'))
        plan.row_ids.push_back({&column, reference.to});
  plan.removes_translation =
      type.op == Op::REMOVE && type.has_row_id && std::ranges::find(entity.kept, "language") != entity.kept.end();
  return plan;
}

const Plan& plan_for(const EventType& type) {
  static const std::vector<Plan> plans = [] {
    std::vector<Plan> made;
    for (const EventType& event : model().events()) {
      made.resize(std::max<size_t>(made.size(), event.which + 1u));
      made[event.which] = plan_of(event);
    }
    return made;
  }();
  return plans.at(type.which);
}

}  // namespace

const Index* natural_key_of(const EntityModel& entity) {
  if (entity.stream != entity.entity) return nullptr;
  const auto key = std::ranges::find_if(entity.indexes, [](const Index& index) { return index.unique; });
  return key == entity.indexes.end() ? nullptr : &*key;
}

std::optional<NaturalKey> natural_key_in(const EventType& type, const RecordReader& record) {
  const auto& columns = plan_for(type).key;
  if (columns.empty()) return {};
  const auto group = columns_in(type, record);
  NaturalKey key;
  for (const Column* column : columns) {
    if (column->kind == Kind::integer) {
      key.values.emplace_back(integer_in(*column, group));
    } else {
      const std::string_view text = text_in(*column, group);
      if (text.size() > NaturalKey::most_text_bytes) return NaturalKey{};
      key.values.emplace_back(std::string(text));
    }
  }
  return key;
}

const std::vector<RowIdColumn>& row_id_columns(const EventType& type) { return plan_for(type).row_ids; }

bool removes_translation(const EventType& type) { return plan_for(type).removes_translation; }

}  // namespace catlog::events
