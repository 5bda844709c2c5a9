#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "events/position.h"
#include "store/engine/batch.h"
#include "store/engine/steps.h"
#include "store/log.h"

namespace catlog::store::engine {

// A disk that takes longer than this is one that hangs: a leader acknowledges nothing more before its log has all.
constexpr std::chrono::seconds longest_behind{10};

// A leader's own log behind the engine: a thread commits what is handed over, all that there is at a time, and rests
// between two commits, unless somebody waits for it. As long as it lives nobody else appends to the log.
//
// Threads: made and used in one at a time, check, durable and the two that say what waits in any. Lifetime: refers to
// the log.
class LocalCommits {
 public:
  // What one commit was.
  struct Commit {
    Position durable;  // up to where the log goes
    size_t events;
    double seconds;
  };
  // `on_commit`: called after each, by the thread; throws nothing.
  LocalCommits(Log& log, std::function<void(const Commit&)> on_commit);
  // Commits what was handed over, unless one has failed.
  ~LocalCommits();
  LocalCommits(const LocalCommits&) = delete;

  // Waits while more is waiting than may; before the engine is asked, so that what it has can be handed over at once.
  void wait_for_room();
  // The engine has this batch behind the one before.
  void hand_over(Batch batch);
  // Waits until the log has all of it.
  void wait_for_all();
  // This and both waits throw what a commit failed with: LeadLost for a full disk, else Failure. None is tried after
  // it.
  void check() const;
  Position durable() const;
  // How long the oldest of what the log lacks has been waiting for it; zero: it lacks nothing. And the bytes of all.
  std::chrono::steady_clock::duration behind() const;
  size_t waiting_bytes() const;

 private:
  template <class Condition>
  void wait_until(Condition&& condition);
  void work();
  void commit(std::span<const Batch> batches);

  Log& log_;
  std::function<void(const Commit&)> on_commit_;
  mutable std::mutex mutex_;
  std::condition_variable work_, hurry_, done_;  // for the thread, while it rests, for those who wait for it
  Backlog backlog_;
  std::vector<Batch> waiting_;
  using Time = std::chrono::steady_clock::time_point;
  std::optional<Time> oldest_waiting_, oldest_in_commit_;  // when the first of them was handed over
  std::exception_ptr failed_;
  size_t in_wait_ = 0;  // those who wait for it
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace catlog::store::engine
