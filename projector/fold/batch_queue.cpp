#include "projector/fold/batch_queue.h"

namespace catlog::projector {

LoadBatch* BatchQueue::empty_one() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_cancelled_ || filled_ - emptied_ < batches_in_flight; });
  return is_cancelled_ ? nullptr : &batches_[filled_ % batches_in_flight];
}

void BatchQueue::filled(LoadBatch& batch) {
  const std::lock_guard lock(mutex_);
  CATLOG_CHECK(&batch == &batches_[filled_ % batches_in_flight]);
  ++filled_;
  changed_.notify_all();
}

void BatchQueue::end(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  is_ended_ = true;
  failure_ = failure;
  changed_.notify_all();
}

LoadBatch* BatchQueue::filled_one() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_ended_ || filled_ != emptied_; });
  if (failure_) std::rethrow_exception(failure_);
  return filled_ != emptied_ ? &batches_[emptied_ % batches_in_flight] : nullptr;
}

void BatchQueue::emptied(LoadBatch& batch) {
  const std::lock_guard lock(mutex_);
  CATLOG_CHECK(&batch == &batches_[emptied_ % batches_in_flight]);
  ++emptied_;
  changed_.notify_all();
}

void BatchQueue::cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
  changed_.notify_all();
}

}  // namespace catlog::projector
