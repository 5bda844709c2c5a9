#include "projector/history/explain.h"

#include <algorithm>

#include <fmt/format.h>

#include "projector/history/row_history.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/value.h"

namespace catlog::projector {

using events::EntityModel;

namespace {

bool is_secret(events::Entity entity, const std::string& column) {
  for (const auto& event : events::model().events())
    for (const auto& each : event.columns)
      if (event.entity == entity && each.name == column && each.secret) return true;
  return false;
}

std::string text_of(const Statement& row, int column) {
  if (row.type(column) == ColumnType::integer) return to_text(Value(row.integer(column)));
  if (row.type(column) == ColumnType::real) return to_text(Value(row.real(column)));
  return std::string(row.text(column));
}

}  // namespace

std::vector<std::string> columns_of_table(events::Entity entity) {
  const EntityModel& model = events::model().entity(entity);
  std::vector<std::string> columns;
  auto add = [&](const std::string& column) {
    if (!column.empty() && std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  };
  if (!model.is_link) add("id");
  add(model.owner);
  if (model.is_link)
    add(events::other_side_of(model).column);
  else
    for (const auto& event : events::model().events())
      for (const auto& column : event.columns)
        if (event.entity == entity) add(column.name);
  add(model.created);
  add(model.updated);
  return columns;
}

bool concerns(const HistoryEntry& entry, const std::string& column, RowBefore before) {
  const auto is_of_column = [&](const FieldChange& change) { return change.field == column; };
  return entry.row_is_there != (before == RowBefore::there) || std::ranges::any_of(entry.changes, is_of_column) ||
         std::ranges::any_of(entry.times, is_of_column) ||
         std::ranges::find(entry.rewritten, column) != entry.rewritten.end();
}

std::vector<CellEvent> explain(const std::vector<HistoryEntry>& history, const std::string& column) {
  std::vector<CellEvent> events;
  std::optional<std::string> value;
  for (const HistoryEntry& entry : history) {
    auto did = CellEvent::Did::changed;
    std::optional<std::string> after = value;
    bool wrote = false;
    for (const auto* fields : {&entry.changes, &entry.times})
      for (const FieldChange& change : *fields)
        if (change.field == column) {
          after = change.after;
          wrote = true;
        }
    if (!wrote && std::ranges::find(entry.rewritten, column) != entry.rewritten.end()) {
      did = CellEvent::Did::rewrote;
      wrote = true;
    }
    if (!entry.row_is_there && entry.left_out_with == 0) {
      did = CellEvent::Did::removed_row;
      wrote = true;
    }
    if (wrote) events.push_back({entry, did, value, after});
    value = after;
  }
  return events;
}

PresentCell read_cell(const Database& database, const Scope& scope, const std::string& column) {
  const EntityModel& model = events::model().entity(scope.entity);
  const auto columns = columns_of_table(scope.entity);
  CATLOG_CHECK(std::ranges::find(columns, column) != columns.end());  // it becomes SQL
  PresentCell cell;
  Statement begin(database, "BEGIN");
  begin.run();
  cell.position = read_checkpoint(database).position;
  const std::string where = model.is_link
                                ? fmt::format("{} = ?1 AND {} = ?2", model.owner, events::other_side_of(model).column)
                                : std::string("id = ?1");
  Statement row(database, Sql::generated(fmt::format("SELECT {} FROM {} WHERE {}", column, model.table, where)));
  row.bind(1, scope.id);
  if (model.is_link) row.bind(2, scope.other);
  cell.row_is_there = row.step();
  if (cell.row_is_there && !row.is_null(0))
    cell.value = is_secret(scope.entity, column) ? events::hidden_text : text_of(row, 0);
  row.reset();
  Statement end(database, "COMMIT");
  end.run();
  return cell;
}

std::optional<size_t> set_by(const std::vector<CellEvent>& events, Position position) {
  std::optional<size_t> last;
  bool is_set = false;
  for (size_t i = 0; i < events.size() && events[i].entry.position <= position; ++i) {
    if (events[i].did == CellEvent::Did::removed_row) {
      last.reset();
      is_set = false;
    } else if (events[i].did == CellEvent::Did::changed || !is_set) {
      last = i;  // the first one of a row sets it, if only to NULL
      is_set = true;
    }
  }
  return last;
}

bool agrees(const std::vector<HistoryEntry>& history, const std::vector<CellEvent>& events,
            const PresentCell& present) {
  bool row_is_there = false;
  for (const HistoryEntry& entry : history)
    if (entry.position <= present.position) row_is_there = entry.row_is_there;
  if (row_is_there != present.row_is_there) return false;
  const auto last = set_by(events, present.position);
  return !last || events[*last].after == present.value;
}

}  // namespace catlog::projector
