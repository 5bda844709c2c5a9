#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace catlog::events {

// By which others see that a loop goes round: it beats at each round, and within a round wherever it has come a step
// further. Threads: one beats, any may look.
class Heartbeat {
 public:
  using Clock = std::chrono::steady_clock;

  void beat(Clock::time_point now = Clock::now()) noexcept {
    beaten_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    beats_.fetch_add(1, std::memory_order_relaxed);
  }

  // While one lives the loop is within a step in which it cannot beat and that may rightly take up to `longest`: a
  // commit, a copy, a change of schema. Beyond that it counts as standing. Within another one the longer time counts.
  class LongStep {
   public:
    LongStep(Heartbeat& heartbeat, Clock::duration longest, Clock::time_point now = Clock::now()) noexcept
        : heartbeat_(heartbeat), before_(heartbeat.may_take_until_.load(std::memory_order_relaxed)) {
      const auto until = std::max(before_, (now + longest).time_since_epoch().count());
      heartbeat_.may_take_until_.store(until, std::memory_order_relaxed);
      heartbeat_.beat(now);
    }
    LongStep(const LongStep&) = delete;
    ~LongStep() {
      heartbeat_.beat();
      heartbeat_.may_take_until_.store(before_, std::memory_order_relaxed);
    }

   private:
    Heartbeat& heartbeat_;
    Clock::rep before_;
  };

  // How many times it has beaten; 0: it has not begun.
  uint64_t beats() const noexcept { return beats_.load(std::memory_order_relaxed); }
  // How long ago the last time was; only where there was one.
  Clock::duration age(Clock::time_point now = Clock::now()) const noexcept {
    return now - Clock::time_point(Clock::duration(beaten_at_.load(std::memory_order_relaxed)));
  }
  // Whether it is within a long step whose time is not over.
  bool may_take_long(Clock::time_point now = Clock::now()) const noexcept {
    return now < Clock::time_point(Clock::duration(may_take_until_.load(std::memory_order_relaxed)));
  }

 private:
  std::atomic<uint64_t> beats_ = 0;
  std::atomic<Clock::rep> beaten_at_ = 0, may_take_until_ = 0;
};

}  // namespace catlog::events
