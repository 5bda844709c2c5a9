#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <capnp/dynamic.h>

#include "events/codec/json.h"
#include "events/schema/model.h"
#include "projector/history/history_entry.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

// The rows of a scope as its events leave them, cell by cell, by the rules of the projection (projection_sql.h).
//
// Threads: one at a time.
class RowHistory {
 public:
  RowHistory(const Scope& scope, events::Secrets secrets) : scope_(scope), secrets_(secrets) {}

  // Applies the event after the last one and fills in what it did. Returns whether it did anything to the scope.
  bool apply(const events::RecordReader& record, const events::EventType& type, HistoryEntry& entry);
  // Other streams whose removal may have touched the rows: those that the rows ever referred to.
  const std::set<StreamKey>& parents() const { return parents_; }

 private:
  struct RowKey {
    events::Entity entity;
    int64_t id, other;  // other: of a link
    auto operator<=>(const RowKey&) const = default;
  };
  enum class Showing { always, if_secrets_are_shown };
  struct Cell {
    std::string column;
    std::optional<std::string> value;
    Showing showing = Showing::always;
  };
  struct CellChange {
    RowKey row;
    std::string column;
    std::optional<std::string> before, after;
    Showing showing = Showing::always;
  };

  using Referring = std::pair<RowKey, const events::Reference*>;

  bool holds(const RowKey& key) const;
  void write_row(const events::RecordReader& record, const events::EventType& type, capnp::DynamicStruct::Reader group,
                 const RowKey& key);
  void set_links(int64_t owner, const events::EventType& type, capnp::DynamicStruct::Reader group);
  void link(const RowKey& key);
  void touch(const events::RecordReader& record);
  void remove(events::Entity entity, int64_t id);
  void erase(const RowKey& key);
  void refer(const RowKey& key, const std::string& column, const std::optional<std::string>& before,
             const std::optional<std::string>& after);
  void set(const RowKey& key, const std::string& column, std::optional<std::string> value,
           Showing showing = Showing::always);

  // From cells to fields.
  void describe(HistoryEntry& entry) const;
  void describe_in_stream(const CellChange& change, HistoryEntry& entry) const;
  void describe_lists(HistoryEntry& entry) const;
  std::optional<std::string> shown(const std::optional<std::string>& value, Showing showing) const;

  Scope scope_;
  events::Secrets secrets_;
  std::map<RowKey, std::vector<Cell>> rows_;
  std::set<StreamKey> parents_;
  std::map<StreamKey, std::set<Referring>> referring_;  // by a row, those of `rows_` that a removal of it touches
  // Of the event at hand.
  std::vector<CellChange> changes_;
  std::vector<std::string> rewritten_;
};

}  // namespace catlog::projector
