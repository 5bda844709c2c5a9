#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "events/position.h"
#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/table_keys.h"
#include "projector/sqlite/value.h"

// What the sources of Deviations share; nobody else includes it.
namespace catlog::projector {

using events::Position;

inline std::string name_of(const std::string& table, int64_t id) { return fmt::format("{}/{}", table, id); }
inline std::string link_name(const std::string& table, int64_t owner, int64_t other) {
  return fmt::format("{}/{},{}", table, owner, other);
}
inline std::string alias_name(const ForeignKey& key, const std::string& value) {
  return fmt::format("{}.{}/{}", key.to_table, key.to_column, value);
}

// One kind of event, and what the one at hand says of keys.
struct KeyedEvent {
  KeyedEvent(const events::EventType& event, const TableKeys& of_table)
      : type(event), entity(events::model().entity(event.entity)), keys(of_table) {
    for (const events::Column& column : event.columns)
      if (column.name == "id" ? event.has_row_id : !entity.is_link && keys.is_key(column.name))
        columns.emplace_back(column);
  }
  const Value* value(const std::string& column) const {
    const auto found = values.find(column);
    return found == values.end() ? nullptr : &found->second;
  }
  void take(capnp::AnyStruct::Reader group) {
    for (ColumnReader& column : columns) {
      const Value value = column.read(group);
      if (column.column().name != "id")
        values[column.column().name] = value;
      else if (auto* number = std::get_if<int64_t>(&value))
        id = *number;
    }
    if (type.op == events::Op::LINK || type.op == events::Op::UNLINK)
      others.front() = events::integer_in(type.columns.front(), group);
    if (type.op == events::Op::ASSIGN)
      for (int64_t other : events::integers_in(type.columns.front(), group)) others.push_back(other);
  }
  // The name of the row that the event touches; of a link, its owner's.
  std::string row() const {
    return name_of(entity.is_link ? events::model().entity(entity.stream).table : entity.table, id);
  }
  bool makes_or_changes() const { return type.op == events::Op::CREATE || type.op == events::Op::UPDATE; }

  const events::EventType& type;
  const events::EntityModel& entity;
  const TableKeys& keys;
  std::vector<ColumnReader> columns;

  int64_t id = 0;                       // of the row; of a link its owner's
  std::map<std::string, Value> values;  // of the columns that are part of keys, which it sets
  std::vector<int64_t> others;          // other sides of links
};

// A line of the table projection_deviations: something that is not what the log says.
struct Deviation {
  enum class Kind { missing, gone, stale };

  std::string name;
  Kind kind = Kind::missing;
  Position cause = 0;
  std::string parent = {}, other_parent = {}, alias = {};
};

}  // namespace catlog::projector
