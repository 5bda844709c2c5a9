#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/position.h"
#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/table_keys.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

using events::Position;

struct KeyedEvent;  // deviations_parts.h
struct Deviation;

// Why an event that is not on the list is left out: the position on the list that this follows from, and what is in its
// way, without values.
struct Consequence {
  Position cause = 0;
  std::string why;  // "movies/5 is left out"
};

// Where the rows of a read model are not what the log says, because events were left out, and which later events cannot
// be applied for that reason alone (FORMAT.md, "Events that are left out"). What is known of that is kept in the table
// projection_deviations, in the caller's transactions. An answer follows from the log's events so far and the list, so
// every way to the rows gives the same one.
//
// Threads: one at a time. Lifetime: must go before the Database.
class Deviations {
 public:
  explicit Deviations(Database& database);
  Deviations(Deviations&&) noexcept;
  ~Deviations();

  // To be called whenever the table may have changed: a transaction began, or one was rolled back.
  void look();
  // Why an event, which is not on the list, cannot be applied without what was left out; nothing: it can, or what
  // stands in its way is its own fault. Parts of an event that cannot be read count as naming nothing. Throws as
  // Statement, as the next two.
  std::optional<Consequence> consequence(const events::RecordReader& record);
  // Notes that the event is left out, because of this position on the list. To be called before any later event is
  // looked at.
  void left_out(const events::RecordReader& record, Position cause);
  // Notes that the event was applied.
  void applied(const events::RecordReader& record);

 private:
  KeyedEvent& read(const events::RecordReader& record);
  Query prepared(const std::string& sql);

  // What stands in the way.
  std::optional<Consequence> missing(const std::string& name);
  std::optional<Consequence> missing_target(const KeyedEvent& event);
  std::optional<Consequence> link_in_the_way(const KeyedEvent& event);
  std::optional<Consequence> key_in_the_way(const KeyedEvent& event);
  std::optional<Consequence> row_in_the_way(const KeyedEvent& event);
  std::optional<Position> deviates(const std::string& table, int64_t id);
  std::optional<Position> link_deviates(const events::EntityModel& link, int64_t owner, int64_t other);
  std::optional<Position> is_gone(const std::string& table, int64_t id);

  // The table.
  void put(const Deviation& place);
  void erase(const std::string& name);
  void erase_with(const std::string& parent);
  void left_out_row(const KeyedEvent& event, Position cause);
  void left_out_removal(const KeyedEvent& event, Position cause);
  void left_out_link(const KeyedEvent& event, Position cause);
  std::string parent_of(const KeyedEvent& event);
  std::string alias_of(const KeyedEvent& event);

  // The rows.
  bool row_is_there(const std::string& table, int64_t id);
  bool link_is_there(const KeyedEvent& event);
  bool keys_are_the_same(const KeyedEvent& event);

  Database* database_;
  std::map<std::string, TableKeys> keys_;              // read when first needed
  std::vector<std::unique_ptr<KeyedEvent>> events_;    // by discriminant
  std::map<std::string, Statement, std::less<>> sql_;  // by text
  bool any_ = false;                                   // something is not what the log says
  bool any_there_ = false;                             // something is there that the log does not have so
};

}  // namespace catlog::projector
