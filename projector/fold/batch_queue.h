#pragma once
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>

#include "projector/fold/fold_table.h"

namespace catlog::projector {

constexpr size_t batches_in_flight = 4;

// One batch of rows and the table that they belong to.
struct LoadBatch {
  events::Entity entity = events::Entity::UNSET;
  RowBatch rows;
};

// Hands batches from the thread that fills them to the one that empties them, and back to be filled again: there are
// batches_in_flight of them, so neither runs away from the other.
//
// Threads: one fills, one empties.
class BatchQueue {
 public:
  // For the filling thread: a batch to fill; null after cancel(), when nobody wants more.
  LoadBatch* empty_one();
  void filled(LoadBatch& batch);
  // No more are coming; with the exception that ended the filling, if one did.
  void end(std::exception_ptr failure = {});

  // For the emptying thread: the next filled batch; null after the last. Throws what ended the filling.
  LoadBatch* filled_one();
  void emptied(LoadBatch& batch);
  // Nothing more is wanted: the filling thread gets null.
  void cancel();

 private:
  // Each batch comes and goes in turn, so counting says which.
  std::array<LoadBatch, batches_in_flight> batches_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t filled_ = 0, emptied_ = 0;
  bool is_ended_ = false, is_cancelled_ = false;
  std::exception_ptr failure_;
};

}  // namespace catlog::projector
