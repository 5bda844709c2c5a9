#include "projector/fold/fold_rows.h"

#include <algorithm>

namespace catlog::projector {

template <class T>
T* FoldedRows::array_of(size_t count) {
  T* array = std::pmr::polymorphic_allocator<T>(pages_memory_.get()).allocate(count);
  std::uninitialized_value_construct_n(array, count);
  return array;
}

void FoldedRows::reserve(int64_t id) {
  while (id >= end()) {
    pages_.push_back({array_of<FoldedRow>(rows_in_page),
                      array_of<FoldedReference>(rows_in_page * entity_->references.size()),
                      array_of<Position>(rows_in_page * entity_->slots.size())});
  }
}

void FoldedRows::remove(int64_t id, Position position) {
  row(id) = {};
  std::ranges::fill(references(id), FoldedReference());
  std::ranges::fill(slots(id), Position{0});
  if (entity_->is_followed) removed_[id] = position;
}

Position FoldedRows::removed_at(int64_t id) const {
  if (removed_.empty()) return 0;
  auto found = removed_.find(id);
  return found == removed_.end() ? 0 : found->second;
}

}  // namespace catlog::projector
