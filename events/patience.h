#pragma once
#include <algorithm>
#include <chrono>
#include <utility>

namespace catlog::events {

// How long the daemon may be silent or away (a restart, say) while somebody waits for its answer.
constexpr std::chrono::milliseconds patience{60'000};

// Counts how long somebody, who looks again and again, has waited without an answer. Between two looks at most a second
// counts: a process that was suspended, or did something else meanwhile, has not waited. Threads: one at a time.
class Silence {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Silence(std::chrono::milliseconds limit) : limit_(limit) {}

  // Counts from `now` on.
  void begin(Clock::time_point now = Clock::now()) {
    waited_ = {};
    looked_ = now;
  }
  // Counts what has passed since the last look, or the beginning.
  void look(Clock::time_point now = Clock::now()) {
    waited_ += std::min<Clock::duration>(now - looked_, longest_step);
    looked_ = now;
  }
  bool is_too_long() const { return waited_ >= limit_; }
  std::chrono::milliseconds limit() const { return limit_; }
  // How long to wait before the next look, at most a second.
  std::chrono::milliseconds step() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit_ - waited_);
    return std::clamp(left, std::chrono::milliseconds(0), longest_step);
  }

 private:
  static constexpr std::chrono::milliseconds longest_step{1'000};

  std::chrono::milliseconds limit_;
  Clock::duration waited_{};
  Clock::time_point looked_ = Clock::now();
};

// How long a loop waits before it looks again although nobody called it: the longer, the longer nothing was to be done.
// A call that is lost, for which it looks, is rare, and looking costs a core that sleeps. Threads: one at a time.
class Recheck {
 public:
  // At most twenty times as long.
  explicit Recheck(std::chrono::milliseconds shortest) : shortest_(shortest), next_(shortest) {}
  // There was something to do: it looks again soon.
  void found() { next_ = shortest_; }
  // How long to wait now.
  std::chrono::milliseconds next() { return std::exchange(next_, std::min(next_ * 2, shortest_ * 20)); }

 private:
  std::chrono::milliseconds shortest_, next_;
};

}  // namespace catlog::events
