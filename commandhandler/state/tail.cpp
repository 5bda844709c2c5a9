#include "commandhandler/state/tail.h"

#include <algorithm>
#include <utility>

namespace catlog::commandhandler {

void Tail::fall_back(Position end) {
  newer_end_ = end;
  older_end_ = std::min(older_end_, end);
}

void Tail::stored(Position position) {
  stored_ = position;
  if (position < older_end_) return;
  // The older layer is in the stored state; what came since becomes the older one, unless that is in it too.
  older_->clear();
  std::swap(older_, newer_);
  newer_->reserve(older_->size());  // it will hold as many
  older_end_ = newer_end_;
  if (position >= older_end_) older_->clear();
}

}  // namespace catlog::commandhandler
