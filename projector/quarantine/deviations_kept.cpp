// What becomes of the rows' deviations, and the table that keeps them.
#include "projector/quarantine/deviations.h"
#include "projector/quarantine/deviations_parts.h"

#include "events/schema/record.h"

#include <fmt/format.h>

#include "events/error.h"
#include "projector/fold/fold_plan.h"

namespace catlog::projector {

using events::EntityModel;
using events::Op;
using events::schema::OnDelete;

namespace {

const char* const kinds[] = {"missing", "gone", "stale"};

}  // namespace

void Deviations::left_out(const events::RecordReader& record, Position cause) {
  const KeyedEvent& event = read(record);
  switch (event.type.op) {
    case Op::CREATE:
    case Op::UPDATE:
      return left_out_row(event, cause);
    case Op::REMOVE:
      return left_out_removal(event, cause);
    case Op::ASSIGN:
      if (row_is_there(events::model().entity(event.entity.stream).table, event.id))
        put({name_of(event.entity.table, event.id), Deviation::Kind::stale, cause, event.row()});
      return;
    case Op::LINK:
    case Op::UNLINK:
      return left_out_link(event, cause);
    case Op::UNSET:
      break;
  }
  CATLOG_CHECK(false);
}

void Deviations::left_out_row(const KeyedEvent& event, Position cause) {
  const std::string name = event.row();
  if (!row_is_there(event.entity.table, event.id)) {
    if (event.type.op != Op::CREATE) return;
    if (const auto known = missing(name)) cause = known->cause;
    return put({name, Deviation::Kind::missing, cause, parent_of(event), {}, alias_of(event)});
  }
  if (!keys_are_the_same(event)) return put({name, Deviation::Kind::stale, cause, parent_of(event)});
  if (event.type.op == Op::CREATE) erase(name);  // it may have been gone
}

void Deviations::left_out_removal(const KeyedEvent& event, Position cause) {
  const std::string name = event.row();
  erase(name);
  erase_with(name);
  if (row_is_there(event.entity.table, event.id)) put({name, Deviation::Kind::gone, cause, parent_of(event)});
}

void Deviations::left_out_link(const KeyedEvent& event, Position cause) {
  const EntityModel& owner = events::model().entity(event.entity.stream);
  if (!row_is_there(owner.table, event.id)) return;  // no link is either
  const std::string other =
      name_of(events::model().entity(events::other_side_of(event.entity).to).table, event.others.front());
  Deviation place{link_name(event.entity.table, event.id, event.others.front()), Deviation::Kind::missing, cause,
                  event.row(), other};
  const bool makes = event.type.op == Op::LINK;
  if (makes == link_is_there(event)) return erase(place.name);
  if (!makes) place.kind = Deviation::Kind::gone;
  put(place);
}

void Deviations::applied(const events::RecordReader& record) {
  if (!any_) return;
  const KeyedEvent& event = read(record);
  switch (event.type.op) {
    case Op::CREATE:
      return erase(event.row());
    case Op::UPDATE:  // one that sets a key's column sets all of them (unit.left_out), so nothing of the row is stale
      if (!event.values.empty()) erase(event.row());
      return;
    case Op::REMOVE:
      erase(event.row());
      return erase_with(event.row());
    case Op::ASSIGN:
      return erase(name_of(event.entity.table, event.id));
    case Op::LINK:
    case Op::UNLINK:
      return erase(link_name(event.entity.table, event.id, event.others.front()));
    case Op::UNSET:
      break;
  }
  CATLOG_CHECK(false);
}

// ---- the table ----

void Deviations::put(const Deviation& place) {
  const Query row = prepared(
      "INSERT OR REPLACE INTO projection_deviations (name, kind, cause, parent, otherParent, alias) "
      "VALUES (?1, ?2, ?3, nullif(?4, ''), nullif(?5, ''), nullif(?6, ''))");
  row->bind(1, std::string_view(place.name)).bind(2, std::string_view(kinds[static_cast<size_t>(place.kind)]));
  row->bind(3, static_cast<int64_t>(place.cause)).bind(4, std::string_view(place.parent));
  row->bind(5, std::string_view(place.other_parent)).bind(6, std::string_view(place.alias)).run();
  any_ = true;
  any_there_ |= place.kind != Deviation::Kind::missing;
}

void Deviations::erase(const std::string& name) {
  prepared("DELETE FROM projection_deviations WHERE name = ?1")->bind(1, std::string_view(name)).run();
}

void Deviations::erase_with(const std::string& parent) {
  prepared(R"(
      WITH RECURSIVE with_it (name) AS (
        VALUES (?1) UNION SELECT d.name FROM with_it w JOIN projection_deviations d ON d.parent = w.name
        UNION SELECT d.name FROM with_it w JOIN projection_deviations d ON d.otherParent = w.name)
      DELETE FROM projection_deviations WHERE name <> ?1 AND name IN (SELECT name FROM with_it))")
      ->bind(1, std::string_view(parent))
      .run();
}

std::string Deviations::parent_of(const KeyedEvent& event) {
  for (const ForeignKey& key : event.keys.references) {
    if (key.on_delete != OnDelete::CASCADE || event.entity.is_link) continue;
    if (const Value* value = event.value(key.column)) return fmt::format("{}/{}", key.to_table, to_text(*value));
    const Query row = prepared(fmt::format("SELECT {} FROM {} WHERE id = ?1", key.column, key.table));
    if (row->bind(1, event.id).step()) return name_of(key.to_table, row->integer(0));
  }
  return {};
}

std::string Deviations::alias_of(const KeyedEvent& event) {
  for (const ForeignKey& key : event.keys.referred)
    if (const Value* value = key.to_column == "id" ? nullptr : event.value(key.to_column))
      return alias_name(key, to_text(*value));
  return {};
}

// ---- the rows ----

bool Deviations::row_is_there(const std::string& table, int64_t id) {
  return prepared(fmt::format("SELECT 1 FROM {} WHERE id = ?1", table))->bind(1, id).step();
}

bool Deviations::link_is_there(const KeyedEvent& event) {
  return prepared(fmt::format("SELECT 1 FROM {} WHERE {} = ?1 AND {} = ?2", event.entity.table, event.entity.owner,
                              events::other_side_of(event.entity).column))
      ->bind(1, event.id)
      .bind(2, event.others.front())
      .step();
}

bool Deviations::keys_are_the_same(const KeyedEvent& event) {
  std::string sql = fmt::format("SELECT 1 FROM {} WHERE id = ?1", event.entity.table);
  int parameter = 1;
  for (const auto& [column, value] : event.values) sql += fmt::format(" AND {} IS ?{}", column, ++parameter);
  const Query row = prepared(sql);
  row->bind(parameter = 1, event.id);
  for (const auto& [column, value] : event.values) bind(*row, ++parameter, value);
  return row->step();
}

}  // namespace catlog::projector
