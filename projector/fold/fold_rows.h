#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "events/position.h"
#include "projector/fold/fold_plan.h"

namespace catlog::projector {

using events::Position;

// When a row was made and changed. Which events set its values is in the slots of FoldedRows.
struct FoldedRow {
  Position created_at = 0;                 // of the event that made it; 0: it is not there
  int64_t created_us = 0, updated_us = 0;  // recordedAt of its first and last event
};

// A reference that removals follow: which row it leads to, and the event that set it.
struct FoldedReference {
  int64_t value = events::absent_int;
  Position set_at = 0;
};

// The rows of one entity, in pages of arrays by their ids: the handler gives ids out as 1, 2, 3, .., so nearly every
// place is used. A slot is a set of columns that events set together (fold_plan.h); what is kept of it is the position
// of the event that set it last.
//
// Memory, for each id: 24 bytes, 16 for each reference that removals follow, 8 for each slot (a movie 48, a source 40,
// an episode or an audit row 48). References to rows and spans stay where they are until the object goes.
//
// Threads: one at a time, or any number that only read.
class FoldedRows {
 public:
  // Keeps all of it in `memory`, which must outlive the object.
  FoldedRows(const FoldedEntity& entity, std::pmr::memory_resource& memory)
      : entity_(&entity),
        pages_memory_(std::make_unique<std::pmr::monotonic_buffer_resource>(&memory)),
        removed_(Removed::allocator_type(&memory)) {}

  // All ids that have a place are below this one.
  int64_t end() const { return static_cast<int64_t>(pages_.size() * rows_in_page); }
  // The row's place. `id`: 1 or more, below end(). Of a row that never had an event it says that it is not there.
  FoldedRow& row(int64_t id) const { return page(id).rows[index(id)]; }
  // The same row's references and slots, in the order of FoldedEntity's. A slot is 0 when no event set it.
  std::span<FoldedReference> references(int64_t id) const {
    const size_t each = entity_->references.size();
    return {page(id).references + index(id) * each, each};
  }
  std::span<Position> slots(int64_t id) const {
    const size_t each = entity_->slots.size();
    return {page(id).slots + index(id) * each, each};
  }

  // Makes places for this id and all below it.
  void reserve(int64_t id);
  // The row is removed by the event at `position`; its place is as if there had never been one. When it was removed is
  // kept where other rows' references lead here.
  void remove(int64_t id, Position position);
  // The event that removed the row last; 0: none did, or nobody's references lead here.
  Position removed_at(int64_t id) const;

  const FoldedEntity& entity() const { return *entity_; }

 private:
  static constexpr size_t rows_in_page = 4096;
  struct Page {
    FoldedRow* rows;
    FoldedReference* references;
    Position* slots;
  };
  static size_t index(int64_t id) { return static_cast<size_t>(id) % rows_in_page; }
  const Page& page(int64_t id) const { return pages_[static_cast<size_t>(id) / rows_in_page]; }

  using Removed = absl::flat_hash_map<int64_t, Position, absl::Hash<int64_t>, std::equal_to<int64_t>,
                                      std::pmr::polymorphic_allocator<std::pair<const int64_t, Position>>>;
  template <class T>
  T* array_of(size_t count);

  const FoldedEntity* entity_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> pages_memory_;  // what pages point to; goes as a whole
  std::vector<Page> pages_;
  Removed removed_;
};

}  // namespace catlog::projector
