#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "events/position.h"
#include "events/tree_head.h"
#include "store/engine/batch.h"
#include "store/log.h"

namespace catlog::store::engine {

// A leader's own log behind the engine: a batch that the engine has is on a majority's disks, so its receipts need not
// wait for this disk. Batches that came meanwhile are one commit, and after a commit it rests, as a follower does.
//
// Threads: one at a time, and it has one of its own, the only one that appends to the log. Lifetime: refers to the log.
class WriteBehind {
 public:
  // `committed`: called in its thread after each commit.
  WriteBehind(Log& log, std::function<void()> committed);
  // What is not in the log then comes into it as a follower's does.
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;

  // The head of the log with these records behind all that was taken; they are hashed here, for take().
  events::TreeHead grow(std::span<const Bytes> records);
  // The engine has these records, which grow() was asked for last. Waits while too much of what was taken is not in the
  // log yet. Throws as check.
  void take(Batch batch);
  // Throws what the log could not do: LeadLost where its disk is full, for others go on with what it has no room for.
  void check();
  // Waits until all that was taken is in the log. Throws as check.
  void catch_up();
  // Up to where it is. Threads: any.
  events::Position durable() const;

 private:
  struct Taken {
    Batch batch;
    std::vector<events::Digest> nodes;
  };
  void run();
  void commit(const std::deque<Taken>& batches, const Frontier& after);
  void throw_what_failed() const;

  Log& log_;
  std::function<void()> committed_;
  Frontier edge_;  // behind all that was taken
  Growth grown_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Taken> taken_;  // and not begun to be committed
  Frontier taken_edge_;      // behind those
  size_t taken_bytes_ = 0;
  bool is_committing_ = false, is_hurried_ = false, is_over_ = false;
  events::Position durable_;
  std::exception_ptr failed_;
  std::jthread thread_;  // goes first
};

}  // namespace catlog::store::engine
