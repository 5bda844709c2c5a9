#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include <capnp/any.h>

#include "events/error.h"
#include "projector/fold/fold_rows.h"
#include "projector/sqlite/value.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

// Why a fold gives up: what it saw is nothing that events applied in order could have made of an empty read model, or
// nothing that it can tell. Applying in order says which it is, and names the first position where it fails.
class Contradiction : public events::Failure {
 public:
  Contradiction(Position position, const std::string& reason);
};

// An id may be so many times the position of the event that brings it: rows are found by counting.
constexpr int64_t ids_per_position = 16, least_id_limit = 1 << 20;

// The log folded: of each row that is there, the positions of the events that its values come from. One pass over the
// events in order; what a row costs does not depend on how often it was changed. FoldedTable reads the rows out.
//
// A row goes with what it refers to without being looked for: it is known when each reference was set, and when the
// row on its other side went.
//
// Threads: one at a time, or any number that only read.
class Fold {
 public:
  // What grows with rows and links lies in `memory`, which must outlive the fold, and take several threads at a time
  // where several call links().
  explicit Fold(std::pmr::memory_resource& memory = *std::pmr::new_delete_resource());
  Fold(Fold&&) noexcept;
  ~Fold();

  // The event after the last one. Throws Contradiction: then the fold is of no use
  // any more. It sees what is wrong with the rows' coming and going, not with values that a later event replaced.
  void take(const events::RecordReader& record);

  // All events up to here are in.
  Position position() const { return position_; }
  // Positions of the last event of each kind of stream, 0: none.
  Position last_in(events::Entity stream) const { return last_in_[static_cast<size_t>(stream)]; }

  const FoldedRows& rows(events::Entity entity) const { return rows_[static_cast<size_t>(entity)]; }
  // `id` may be any.
  bool is_there(events::Entity entity, int64_t id) const;
  // Whether a row that was there at `at` has gone since then.
  bool is_gone_since(events::Entity entity, int64_t id, Position at) const;

  using Link = std::pair<int64_t, int64_t>;  // owner, other side
  // The links that single events made (not those that stand in lists), in order; in the fold's memory.
  std::pmr::vector<Link> links(events::Entity link) const;

 private:
  struct Event;
  using Group = capnp::AnyStruct::Reader;
  Event& event_of(uint16_t which);
  void take_readable(const events::RecordReader& record);
  FoldedRows& rows_of(const FoldedEvent& event) { return rows_[static_cast<size_t>(event.row)]; }
  void create(Event& event, int64_t id, int64_t owner, Group group);
  void touch(Event& event, int64_t id, Group group);
  void change_links(Event& event, int64_t owner, Group group);
  void require_there(events::Entity entity, int64_t id) const;
  bool is_linked(const events::EntityModel& link, Link pair, Position linked_at) const;
  [[noreturn]] void contradict(const std::string& reason) const;

  std::vector<std::unique_ptr<Event>> events_;  // by discriminant
  std::vector<FoldedRows> rows_;                // by entity
  using Links = absl::flat_hash_map<Link, Position, absl::Hash<Link>, std::equal_to<Link>,
                                    std::pmr::polymorphic_allocator<std::pair<const Link, Position>>>;
  std::vector<Links> links_;       // by entity: when each was made
  std::vector<Position> last_in_;  // by entity
  Position position_ = 0;

  // The event at hand.
  int64_t recorded_us_ = 0;
};

}  // namespace catlog::projector
