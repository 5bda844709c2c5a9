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

// What a fold keeps of one row: where in the log its values are, never the values.
struct FoldedRow {
  Position created_at = 0;  // of the event that made it; 0: it is not there
  int64_t created_us = 0, updated_us = 0;
};

struct FoldedReference {
  int64_t value = events::absent_int;
  Position set_at = 0;
};

// The rows of one entity. Ids are given out 1, 2, 3, .., so a row is found by counting. Memory, for each id: 24 bytes,
// 16 for each followed reference, 8 for each slot (a movie 48, a source 40, an episode or an audit row 48).
//
// Threads: one at a time, or any number that only read.
class FoldedRows {
 public:
  // In `memory`, which must outlive it.
  FoldedRows(const FoldedEntity& entity, std::pmr::memory_resource& memory)
      : entity_(&entity),
        pages_memory_(std::make_unique<std::pmr::monotonic_buffer_resource>(&memory)),
        removed_(Removed::allocator_type(&memory)) {}

  // Ids that may be there are below this one.
  int64_t end() const { return static_cast<int64_t>(pages_.size() * rows_in_page); }
  // A row of which there was no event yet is one that is not there. `id` is 1 or more, below end().
  FoldedRow& row(int64_t id) const { return page(id).rows[index(id)]; }
  // In the order of the entity's references and slots. Slots: the position of the last event, 0: there was none.
  std::span<FoldedReference> references(int64_t id) const {
    const size_t each = entity_->references.size();
    return {page(id).references + index(id) * each, each};
  }
  std::span<Position> slots(int64_t id) const {
    const size_t each = entity_->slots.size();
    return {page(id).slots + index(id) * each, each};
  }

  // Makes room for this id and all below it.
  void reserve(int64_t id);
  // Forgets what the row held. Of a followed entity it remembers when the row went.
  void remove(int64_t id, Position position);
  // When the row was removed last; 0: never.
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
