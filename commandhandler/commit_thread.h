#pragma once
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace catlog::commandhandler {

// Does one piece of work at a time in a thread of its own, which is made for the first one and kept: making one takes
// longer than a small commit.
//
// Threads: all calls from one.
class CommitThread {
 public:
  // Throws Failure(failure) when there is no descriptor left.
  CommitThread();
  // Waits for the end of the work.
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  // Begins it. What was begun before must have been waited for. Where no thread can be had, wait() does the work.
  void start(std::function<void()> work);
  // Returns when the work has ended; throws what it threw.
  void wait();
  // Whether wait() returns at once. Of work that was begun.
  bool has_ended() const;
  // Can be read from the end of the work until somebody has waited for it; where wait() does the work, at once.
  int fd() const { return fd_; }

 private:
  enum class State { idle, begun, ended, leaving };
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::idle;
  std::function<void()> work_;
  std::exception_ptr thrown_;
  int fd_;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace catlog::commandhandler
