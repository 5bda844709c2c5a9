#pragma once
#include <optional>
#include <string>
#include <vector>

#include "projector/history/history.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

// The columns of a table by the declaration, ids and times too.
std::vector<std::string> columns_of_table(events::Entity entity);

// One event that wrote a cell.
struct CellEvent {
  enum class Did { changed, rewrote, removed_row };  // rewrote: it set the value that was there
  HistoryEntry entry;
  Did did = Did::changed;
  std::optional<std::string> before, after;  // nothing: NULL, or no such row
};

enum class RowBefore { there, not_there };
// Whether an event of a row's history says something about this column: it wrote it, or the row came or went.
bool concerns(const HistoryEntry& entry, const std::string& column, RowBefore before);

// The events of a row's history (Scope::Extent::row) that wrote this column, oldest first. Those that do not
// concern it may be left out.
std::vector<CellEvent> explain(const std::vector<HistoryEntry>& history, const std::string& column);

// What the read model holds in a cell, at its checkpoint. Secret columns show as "(hidden)".
struct PresentCell {
  Position position = 0;
  bool row_is_there = false;
  std::optional<std::string> value;
};
PresentCell read_cell(const Database& database, const Scope& scope, const std::string& column);

// The index of the event that set the value that stands at `position`; nothing: no event did, it is the table's
// default, or the row is not there.
std::optional<size_t> set_by(const std::vector<CellEvent>& events, Position position);

// Whether the read model's cell is what the events up to the read model's position leave there.
bool agrees(const std::vector<HistoryEntry>& history, const std::vector<CellEvent>& events, const PresentCell& present);

}  // namespace catlog::projector
