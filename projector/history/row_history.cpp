#include "projector/history/row_history.h"

#include "events/schema/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "projector/sqlite/value.h"

namespace catlog::projector {

using events::EntityModel;
using events::EventType;
using events::Op;
using events::schema::OnDelete;

namespace {

const EntityModel& model_of(events::Entity entity) { return events::model().entity(entity); }

std::optional<std::string> value_of(const events::Column& column, capnp::DynamicStruct::Reader group) {
  ColumnReader reader(column);
  const Value value = reader.read(group);
  if (std::holds_alternative<std::monostate>(value)) return {};
  return to_text(value);
}

std::string time_text(const events::RecordReader& record) { return events::to_sql_datetime(record.getRecordedAt()); }

}  // namespace

bool RowHistory::holds(const RowKey& key) const {
  switch (scope_.extent) {
    case Scope::Extent::stream:
      return true;
    case Scope::Extent::links:
      return key.entity == scope_.entity && key.id == scope_.id;
    case Scope::Extent::row:
      break;
  }
  return key == RowKey{scope_.entity, scope_.id, scope_.other};
}

bool RowHistory::apply(const events::RecordReader& record, const EventType& type, HistoryEntry& entry) {
  changes_.clear();
  rewritten_.clear();
  capnp::DynamicStruct::Reader group;
  if (!type.columns.empty())
    group = capnp::DynamicStruct::Reader(record.getEvent()).get(type.field).as<capnp::DynamicStruct>();
  int64_t id = record.getStreamId();
  if (type.has_row_id)
    for (const events::Column& column : type.columns)
      if (column.name == "id") id = group.get(column.field).as<int64_t>();
  const bool is_ours = StreamKey{record.getStream(), record.getStreamId()} == scope_.stream;
  const bool was_there = !rows_.empty();

  if (type.op == Op::REMOVE) {
    remove(type.entity, id);
  } else if (is_ours && model_of(type.entity).is_link) {
    set_links(record.getStreamId(), type, group);
    touch(record);
  } else if (is_ours && holds({type.entity, id, 0})) {
    write_row(record, type, group, {type.entity, id, 0});
  }
  entry.row_is_there = !rows_.empty();
  describe(entry);
  return !changes_.empty() || !rewritten_.empty() || was_there != entry.row_is_there;
}

void RowHistory::write_row(const events::RecordReader& record, const EventType& type,
                           capnp::DynamicStruct::Reader group, const RowKey& key) {
  const EntityModel& entity = model_of(type.entity);
  const bool is_new = !rows_.contains(key);
  if (is_new) {
    set(key, "id", std::to_string(key.id));
    if (!entity.owner.empty()) set(key, entity.owner, std::to_string(record.getStreamId()));
  }
  for (const events::Column& column : type.columns)
    if (!(type.has_row_id && column.name == "id"))
      set(key, column.name, value_of(column, group), column.secret ? Showing::if_secrets_are_shown : Showing::always);
  if (is_new && !entity.created.empty()) set(key, entity.created, time_text(record));
  if (!entity.updated.empty()) set(key, entity.updated, time_text(record));
}

void RowHistory::set_links(int64_t owner, const EventType& type, capnp::DynamicStruct::Reader group) {
  const events::Column& column = type.columns.front();
  if (type.op == Op::LINK) return link({type.entity, owner, group.get(column.field).as<int64_t>()});
  if (type.op == Op::UNLINK) return erase({type.entity, owner, group.get(column.field).as<int64_t>()});
  std::set<int64_t> wanted;
  for (int64_t other : group.get(column.field).as<capnp::List<int64_t>>()) wanted.insert(other);
  std::vector<RowKey> going;
  for (auto row = rows_.lower_bound({type.entity, owner, INT64_MIN});
       row != rows_.end() && row->first.entity == type.entity && row->first.id == owner; ++row)
    if (!wanted.contains(row->first.other)) going.push_back(row->first);
  for (const RowKey& key : going) erase(key);
  for (int64_t other : wanted) link({type.entity, owner, other});
}

void RowHistory::link(const RowKey& key) {
  if (!holds(key)) return;
  set(key, model_of(key.entity).owner, std::to_string(key.id));
  set(key, events::other_side_of(model_of(key.entity)).column, std::to_string(key.other));
}

// The owner of links is updated when they change.
void RowHistory::touch(const events::RecordReader& record) {
  const RowKey key{record.getStream(), record.getStreamId(), 0};
  const EntityModel& entity = model_of(key.entity);
  if (rows_.contains(key) && !entity.updated.empty()) set(key, entity.updated, time_text(record));
}

void RowHistory::remove(events::Entity entity, int64_t id) {
  erase({entity, id, 0});
  const auto found = referring_.find({entity, id});
  if (found == referring_.end()) return;
  const std::vector<Referring> referring(found->second.begin(), found->second.end());
  for (const auto& [key, reference] : referring) {
    if (!rows_.contains(key)) continue;  // another cascade of this removal took it
    if (reference->on_delete == OnDelete::SET_NULL) {
      set(key, reference->column, std::nullopt);
    } else if (model_of(key.entity).is_link) {
      erase(key);
    } else {
      remove(key.entity, key.id);
    }
  }
}

void RowHistory::erase(const RowKey& key) {
  const auto row = rows_.find(key);
  if (row == rows_.end()) return;
  for (Cell& cell : row->second) refer(key, cell.column, cell.value, {});
  for (Cell& cell : row->second)
    if (cell.value) changes_.push_back({key, cell.column, std::move(cell.value), {}, cell.showing});
  rows_.erase(row);
}

// The cell's value goes from `before` to `after`.
void RowHistory::refer(const RowKey& key, const std::string& column, const std::optional<std::string>& before,
                       const std::optional<std::string>& after) {
  for (const events::Reference& reference : model_of(key.entity).references) {
    if (reference.column != column || reference.on_delete == OnDelete::RESTRICT) continue;
    if (const auto from = before ? referring_.find({reference.to, std::stoll(*before)}) : referring_.end();
        from != referring_.end() && from->second.erase({key, &reference}) != 0 && from->second.empty())
      referring_.erase(from);
    if (!after) continue;
    const StreamKey to{reference.to, std::stoll(*after)};
    referring_[to].emplace(key, &reference);
    if (to != scope_.stream) parents_.insert(to);
  }
}

void RowHistory::set(const RowKey& key, const std::string& column, std::optional<std::string> value, Showing showing) {
  auto& cells = rows_[key];
  auto cell = std::ranges::find(cells, column, &Cell::column);
  if (cell == cells.end()) cell = cells.insert(cells.end(), Cell{column, {}, showing});
  if (cell->value == value) {
    rewritten_.push_back(column);
  } else {
    changes_.push_back({key, column, cell->value, value, showing});
  }
  refer(key, column, cell->value, value);
  cell->value = std::move(value);
}

}  // namespace catlog::projector
