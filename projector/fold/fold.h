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

// The events contradict each other (one changes a row that is not there, say), or the fold cannot tell whether they do.
// Whoever catches it applies the events in order instead: that tells which it is, and the first position that fails.
class Contradiction : public events::Failure {
 public:
  Contradiction(Position position, const std::string& reason);
};

// The largest id that an event may bring: ids_per_position times its position, and least_id_limit in any log. Rows lie
// in arrays by their ids: an absurd id is a contradiction, so that it does not take memory for all ids below it.
constexpr int64_t ids_per_position = 16, least_id_limit = 1 << 20;

// A log folded: for each row that is there, the positions of the events that set its values last, never the values.
// take() is called once for each event, in order, and costs the same however often a row was changed before.
// FoldedTable (fold_table.h) then reads the values at those positions, and so makes each row once.
//
// Rows that go with another one (the episodes of a season) are not looked for when that one is removed. The fold keeps
// when each reference was set and when each row was removed; a row is gone when the row that it refers to was removed
// after the reference was set.
//
// Threads: one at a time, or any number that only read.
class Fold {
 public:
  // Rows and links are kept in `memory`, which must outlive the fold, and be safe for several threads where several
  // call links().
  explicit Fold(std::pmr::memory_resource& memory = *std::pmr::new_delete_resource());
  Fold(Fold&&) noexcept;
  ~Fold();

  // Folds the event at position() + 1. Throws Contradiction, Failure(damaged) for an event that cannot be read: then
  // the object may only be destroyed. It notices rows that come and go in a wrong order; it never sees a wrong value
  // that a later event replaces.
  void take(const events::RecordReader& record);

  // The last event that was taken; 0: none.
  Position position() const { return position_; }
  // The position of the last event in a stream of this kind (movie, season, ..); 0: none.
  Position last_in(events::Entity stream) const { return last_in_[static_cast<size_t>(stream)]; }

  const FoldedRows& rows(events::Entity entity) const { return rows_[static_cast<size_t>(entity)]; }
  // Whether the row is there after the last event. Any id may be asked for.
  bool is_there(events::Entity entity, int64_t id) const;
  // Whether a row that was there after the event at `at` was removed by a later one.
  bool is_gone_since(events::Entity entity, int64_t id, Position at) const;

  using Link = std::pair<int64_t, int64_t>;  // owner, other side
  // The links of a table that events made one by one and that are there now, by owner and other side. Links that an
  // event gives as a whole list (genres) are not among them: they are a value of their owner's row. The result is in
  // the fold's memory.
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
