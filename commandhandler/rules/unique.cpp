#include "commandhandler/rules/unique.h"

#include <algorithm>
#include <optional>

#include <capnp/any.h>
#include <fmt/format.h>

#include "commandhandler/state/event_values.h"

namespace catlog::commandhandler {
namespace {

// What the row will have in one column; NULL when neither event nor row say anything.
Value value_after(const events::EntityModel& entity, const std::string& name, const events::EventType& type,
                  int64_t stream_id, const events::Sections& group, const std::optional<Row>& row) {
  if (name == entity.owner) return stream_id;
  for (const auto& column : type.columns)
    if (column.name == name) return value_of(column, group);
  return row && row->alive ? kept(*row, entity.entity, name) : Value{};
}

std::optional<int64_t> other_holder(const State& state, const events::EntityModel& entity, size_t number,
                                    std::vector<Value> key, int64_t id) {
  if (entity.indexes[number].unique) {
    const auto found = state.id_by_key(entity.entity, number, key);
    return found == id ? std::nullopt : found;
  }
  for (Value& value : key) value = identity_of(value);
  const auto prefix = index_prefix(entity.entity, number, key);
  for (const auto& entry : state.keys(prefix))
    if (id_at_end(entry) != id) return id_at_end(entry);
  return {};
}

}  // namespace

OrRefusal<void> check_unique(const State& state, const events::EventType& type, int64_t stream_id,
                             capnp::AnyStruct::Reader group) {
  if (type.judged_indexes.empty()) return {};
  const auto& entity = events::model().entity(type.entity);
  int64_t id = stream_id;
  for (const auto& column : type.columns)
    if (column.name == "id") id = events::integer_in(column, group);
  const events::Sections given(group);
  std::optional<Row> row;
  if (type.op == events::Op::UPDATE) row = state.row(type.entity, id);
  for (const size_t number : type.judged_indexes) {
    const auto& columns = entity.indexes[number].columns;
    std::vector<Value> key;
    for (const auto& name : columns) key.push_back(value_after(entity, name, type, stream_id, given, row));
    // A row with a NULL in it is not in the index.
    if (std::ranges::any_of(key, [](const Value& value) { return std::holds_alternative<std::monostate>(value); }))
      continue;
    if (const auto holder = other_holder(state, entity, number, std::move(key), id))
      return refuse(RefusalCode::DUPLICATE, columns.back(),
                    fmt::format("another {} ({}) has this {} already", entity.name, *holder, columns.back()));
  }
  return {};
}

}  // namespace catlog::commandhandler
