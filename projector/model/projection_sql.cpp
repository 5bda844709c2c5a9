#include "projector/model/projection_sql.h"

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::projector {

using events::EntityModel;
using events::EventType;
using events::Op;
using events::schema::OnDelete;

namespace {

// Where the row is there, nothing, and not ON CONFLICT DO UPDATE: whose constants SQLite makes anew for each row, also
// one that is not there, and whose references would have it keep each page as it was before the statement.
std::string create_sql(const EventType& type, const EntityModel& entity) {
  std::string columns = "id", values = "?1";
  auto add = [&](const std::string& column, int parameter) {
    columns += ", " + column;
    values += fmt::format(", ?{}", parameter);
  };
  if (!entity.owner.empty()) add(entity.owner, owner_parameter);
  int parameter = first_column_parameter;
  for (const events::Column* column : bound_columns(type)) add(column->name, parameter++);
  if (!entity.created.empty()) add(entity.created, recorded_at_parameter);
  if (!entity.updated.empty()) add(entity.updated, recorded_at_parameter);
  return fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (id) DO NOTHING", entity.table, columns, values);
}

std::string update_sql(const EventType& type, const EntityModel& entity) {
  std::string updates;
  int parameter = first_column_parameter;
  for (const events::Column* column : bound_columns(type))
    updates += fmt::format("{}{} = ?{}", updates.empty() ? "" : ", ", column->name, parameter++);
  if (!entity.updated.empty()) updates += fmt::format(", {} = ?{}", entity.updated, recorded_at_parameter);
  return fmt::format("UPDATE {} SET {} WHERE id = ?1", entity.table, updates);
}

// What goes when rows of `entity` go, deepest first. `which` stands behind a referring column: "= ?1" or "IN (..)".
void add_children(const EntityModel& entity, const std::string& which, std::vector<std::string>& out) {
  for (const EntityModel& child : events::model().entities()) {
    for (const events::Reference& reference : child.references) {
      if (reference.to != entity.entity || reference.on_delete == OnDelete::RESTRICT) continue;
      std::string where = fmt::format("{} {}", reference.column, which);
      if (reference.on_delete == OnDelete::SET_NULL) {
        out.push_back(fmt::format("UPDATE {} SET {} = NULL WHERE {}", child.table, reference.column, where));
        continue;
      }
      if (!child.is_link) add_children(child, fmt::format("IN (SELECT id FROM {} WHERE {})", child.table, where), out);
      out.push_back(fmt::format("DELETE FROM {} WHERE {}", child.table, where));
    }
  }
}

std::string touch_sql(const EntityModel& owner) {
  if (owner.updated.empty()) return "";
  return fmt::format("UPDATE {} SET {} = ?{} WHERE id = ?1", owner.table, owner.updated, recorded_at_parameter);
}

}  // namespace

std::vector<const events::Column*> bound_columns(const EventType& type) {
  std::vector<const events::Column*> columns;
  for (const events::Column& column : type.columns)
    if (!(type.has_row_id && column.name == "id")) columns.push_back(&column);
  return columns;
}

EventSql sql_of(const EventType& type) {
  const EntityModel& entity = events::model().entity(type.entity);
  const EntityModel& stream = events::model().entity(entity.stream);
  EventSql sql;
  switch (type.op) {
    case Op::CREATE:
      sql.main = create_sql(type, entity);
      sql.existing = update_sql(type, entity);
      break;
    case Op::UPDATE:
      sql.main = update_sql(type, entity);
      break;
    case Op::REMOVE:
      add_children(entity, "= ?1", sql.before);
      sql.main = fmt::format("DELETE FROM {} WHERE id = ?1", entity.table);
      break;
    case Op::ASSIGN:
      sql.before.push_back(fmt::format("DELETE FROM {} WHERE {} = ?1", entity.table, entity.owner));
      [[fallthrough]];
    case Op::LINK:
      sql.main = fmt::format("INSERT INTO {} ({}, {}) VALUES (?1, ?{})", entity.table, entity.owner,
                             events::other_side_of(entity).column, first_column_parameter);
      sql.touch = touch_sql(stream);
      break;
    case Op::UNLINK:
      sql.main = fmt::format("DELETE FROM {} WHERE {} = ?1 AND {} = ?{}", entity.table, entity.owner,
                             events::other_side_of(entity).column, first_column_parameter);
      sql.touch = touch_sql(stream);
      break;
    case Op::UNSET:
      CATLOG_CHECK(false);
  }
  return sql;
}

}  // namespace catlog::projector
