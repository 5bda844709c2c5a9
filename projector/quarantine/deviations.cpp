#include "projector/quarantine/deviations.h"

#include "events/schema/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <kj/exception.h>

#include "events/error.h"
#include "projector/fold/fold_plan.h"
#include "projector/quarantine/deviations_parts.h"

namespace catlog::projector {

using events::EntityModel;
using events::EventType;
using events::Op;
using events::schema::OnDelete;

namespace {

const EntityModel& entity_of(const std::string& table) {
  const auto& entities = events::model().entities();
  const auto found = std::ranges::find(entities, table, &EntityModel::table);
  CATLOG_CHECK(found != entities.end());
  return *found;
}

}  // namespace

Deviations::Deviations(Database& database) : database_(&database) {}
Deviations::Deviations(Deviations&&) noexcept = default;
Deviations::~Deviations() = default;

Query Deviations::prepared(const std::string& sql) {
  const auto found = sql_.find(sql);
  return Query(found != sql_.end() ? found->second
                                   : sql_.try_emplace(sql, *database_, Sql::generated(sql)).first->second);
}

void Deviations::look() {
  const Query row = prepared(
      "SELECT EXISTS (SELECT 1 FROM projection_deviations), "
      "EXISTS (SELECT 1 FROM projection_deviations WHERE kind <> 'missing')");
  row->step();
  any_ = row->integer(0) != 0;
  any_there_ = row->integer(1) != 0;
}

KeyedEvent& Deviations::read(const events::RecordReader& record) {
  const auto which = static_cast<uint16_t>(record.getEvent().which());
  const EventType* type = events::model().event(which);
  CATLOG_CHECK(type != nullptr);
  if (keys_.empty()) keys_ = read_table_keys(*database_);
  if (events_.size() <= which) events_.resize(size_t{which} + 1);
  auto& event = events_[which];
  if (!event) event = std::make_unique<KeyedEvent>(*type, keys_[events::model().entity(type->entity).table]);

  event->id = type->has_row_id ? 0 : record.getStreamId();
  event->values.clear();
  event->others.assign(type->op == Op::LINK || type->op == Op::UNLINK ? 1 : 0, 0);
  if (type->op == Op::CREATE && !event->entity.owner.empty()) event->values[event->entity.owner] = record.getStreamId();
  if (type->columns.empty()) return *event;
  try {
    event->take(events::columns_in(*type, record));
  } catch (const kj::Exception&) {
    // What cannot be read names nothing. Unless it is left out, the projection says what is wrong with it.
  }
  return *event;
}

// ---- what stands in the way ----

std::optional<Consequence> Deviations::consequence(const events::RecordReader& record) {
  if (!any_) return {};
  const KeyedEvent& event = read(record);
  if (auto found = missing(event.row())) return found;
  if (auto found = missing_target(event)) return found;
  if (event.type.op == Op::LINK || event.type.op == Op::UNLINK) return link_in_the_way(event);
  if (!any_there_) return {};
  return event.makes_or_changes()      ? key_in_the_way(event)
         : event.type.op == Op::REMOVE ? row_in_the_way(event)
                                       : std::nullopt;
}

std::optional<Consequence> Deviations::missing(const std::string& name) {
  const Query row = prepared("SELECT cause FROM projection_deviations WHERE name = ?1 AND kind = 'missing'");
  if (!row->bind(1, std::string_view(name)).step()) return {};
  return Consequence{static_cast<Position>(row->integer(0)), name + " is left out"};
}

std::optional<Consequence> Deviations::missing_target(const KeyedEvent& event) {
  if (event.entity.is_link && event.type.op != Op::UNLINK) {
    const std::string& table = events::model().entity(events::other_side_of(event.entity).to).table;
    for (int64_t other : event.others)
      if (auto found = missing(name_of(table, other))) return found;
    return {};
  }
  for (const ForeignKey& key : event.keys.references) {
    const Value* value = event.value(key.column);
    if (!value || std::holds_alternative<std::monostate>(*value)) continue;
    if (key.to_column == "id") {
      if (auto found = missing(fmt::format("{}/{}", key.to_table, to_text(*value)))) return found;
      continue;
    }
    const std::string alias = alias_name(key, to_text(*value));
    const Query row = prepared("SELECT cause, name FROM projection_deviations WHERE alias = ?1 AND kind = 'missing'");
    if (row->bind(1, std::string_view(alias)).step())
      return Consequence{static_cast<Position>(row->integer(0)), fmt::format("{} is left out", row->text(1))};
  }
  return {};
}

// The link is made already, or not there to be taken away, because what did the opposite is left out.
std::optional<Consequence> Deviations::link_in_the_way(const KeyedEvent& event) {
  const bool is_there = link_is_there(event);
  if (is_there != (event.type.op == Op::LINK)) return {};
  const std::string name = link_name(event.entity.table, event.id, event.others.front());
  if (!is_there) return missing(name);
  const auto cause = link_deviates(event.entity, event.id, event.others.front());
  if (!cause) return {};
  return Consequence{*cause, name + " is still there"};
}

// A row has the same unique key that would not have it, had what was left out been applied.
std::optional<Consequence> Deviations::key_in_the_way(const KeyedEvent& event) {
  std::optional<Consequence> found;
  for (const auto& unique : event.keys.uniques) {
    if (std::ranges::none_of(unique, [&](const auto& column) { return event.value(column); })) continue;
    std::string sql = fmt::format("SELECT id FROM {} WHERE id <> ?1", event.entity.table);
    for (size_t i = 0; i < unique.size(); ++i)
      sql += event.value(unique[i])
                 ? fmt::format(" AND {} = ?{}", unique[i], i + 2)
                 : fmt::format(" AND {0} = (SELECT {0} FROM {1} WHERE id = ?1)", unique[i], event.entity.table);
    const Query holder = prepared(sql);
    holder->bind(1, event.id);
    for (size_t i = 0; i < unique.size(); ++i)
      if (const Value* value = event.value(unique[i])) bind(*holder, static_cast<int>(i) + 2, *value);
    if (!holder->step()) continue;
    const int64_t id = holder->integer(0);
    const auto cause = deviates(event.entity.table, id);
    if (!cause) return {};
    if (!found) found = Consequence{*cause, name_of(event.entity.table, id) + " is still there, with the same key"};
  }
  return found;
}

// Rows refer to what is to be removed that would not, had what was left out been applied.
std::optional<Consequence> Deviations::row_in_the_way(const KeyedEvent& event) {
  std::optional<Consequence> found;
  for (const ForeignKey& key : event.keys.referred) {
    if (key.on_delete != OnDelete::RESTRICT) continue;
    const EntityModel& child = entity_of(key.table);
    const std::string columns =
        child.is_link ? fmt::format("{}, {}", child.owner, events::other_side_of(child).column) : std::string("id, 0");
    Statement rows(*database_,
                   Sql::generated(fmt::format("SELECT {} FROM {} WHERE {} = (SELECT {} FROM {} WHERE id = ?1)", columns,
                                              key.table, key.column, key.to_column, key.to_table)));
    rows.bind(1, event.id);
    while (rows.step()) {
      const int64_t id = rows.integer(0), other = rows.integer(1);
      const auto cause = child.is_link ? link_deviates(child, id, other) : deviates(key.table, id);
      if (!cause) return {};
      const std::string name = child.is_link ? link_name(key.table, id, other) : name_of(key.table, id);
      if (!found) found = Consequence{*cause, fmt::format("{} is still there and refers to {}", name, event.row())};
    }
  }
  return found;
}

// The row is there, but the log does not have it, or with other keys.
std::optional<Position> Deviations::deviates(const std::string& table, int64_t id) {
  const Query row = prepared("SELECT cause FROM projection_deviations WHERE name = ?1 AND kind <> 'missing'");
  const std::string name = name_of(table, id);
  if (row->bind(1, std::string_view(name)).step()) return static_cast<Position>(row->integer(0));
  return is_gone(table, id);
}

std::optional<Position> Deviations::link_deviates(const EntityModel& link, int64_t owner, int64_t other) {
  for (const std::string& name : {link_name(link.table, owner, other), name_of(link.table, owner)}) {
    const Query row = prepared("SELECT cause FROM projection_deviations WHERE name = ?1 AND kind <> 'missing'");
    if (row->bind(1, std::string_view(name)).step()) return static_cast<Position>(row->integer(0));
  }
  for (const events::Reference& side : link.references) {
    if (side.on_delete != OnDelete::CASCADE) continue;
    const int64_t id = side.column == link.owner ? owner : other;
    if (auto cause = is_gone(events::model().entity(side.to).table, id)) return cause;
  }
  return {};
}

// By an event that was left out, or together with what it goes with.
std::optional<Position> Deviations::is_gone(const std::string& table, int64_t id) {
  const Query row = prepared("SELECT cause FROM projection_deviations WHERE name = ?1 AND kind = 'gone'");
  const std::string name = name_of(table, id);
  if (row->bind(1, std::string_view(name)).step()) return static_cast<Position>(row->integer(0));
  for (const ForeignKey& key : keys_[table].references) {
    if (key.on_delete != OnDelete::CASCADE) continue;
    const Query parent = prepared(fmt::format("SELECT {} FROM {} WHERE id = ?1", key.column, table));
    if (!parent->bind(1, id).step()) continue;
    if (auto cause = is_gone(key.to_table, parent->integer(0))) return cause;
  }
  return {};
}

}  // namespace catlog::projector
