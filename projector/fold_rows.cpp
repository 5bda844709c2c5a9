#include "projector/fold_rows.h"

#include <algorithm>

namespace catlog::projector {

void FoldedRows::reserve(int64_t id) {
  while (id >= end()) {
    pages_.push_back({std::make_unique<FoldedRow[]>(rows_in_page),
                      std::make_unique<FoldedReference[]>(rows_in_page * entity_->references.size()),
                      std::make_unique<Position[]>(rows_in_page * entity_->slots.size())});
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
