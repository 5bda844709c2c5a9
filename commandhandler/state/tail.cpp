#include "commandhandler/state/tail.h"

#include <algorithm>
#include <utility>

#include "events/text/datetime.h"

namespace catlog::commandhandler {

void Tail::reach(Position end) {
  if (newer_end_ == older_end_) newer_since_us_ = events::steady_now_us();
  newer_end_ = end;
}

void Tail::fall_back(Position end) {
  newer_end_ = end;
  older_end_ = std::min(older_end_, end);
}

// Of more events more are about the same row, which is then written once.
bool Tail::is_time() const {
  if (!handover_) return true;
  return newer_end_ - older_end_ >= max_unflushed_events ||
         (newer_end_ > older_end_ && events::steady_now_us() - newer_since_us_ >= flush_interval_us);
}

void Tail::stored(Position position) {
  stored_ = position;
  if (position < older_end_ || (handover_ && handover_->is_out())) return;
  // The older layer is in the stored state; what came since becomes the older one, unless that is in it too.
  if (!older_->empty()) older_->clear();
  is_offered_ = true;
  if (!is_time()) return;
  std::swap(older_, newer_);
  newer_->reserve_as(*older_);
  older_after_ = std::exchange(older_end_, newer_end_);
  is_offered_ = position >= older_end_;
  if (is_offered_) older_->clear();
}

void Tail::durable(Position position) {
  if (!handover_ || is_offered_ || position < older_end_) return;
  is_offered_ = true;
  if (older_end_ > older_after_) handover_->offer({older_.get(), older_after_, older_end_});
}

}  // namespace catlog::commandhandler
