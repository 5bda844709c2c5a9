#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace catlog::commandhandler {

constexpr int64_t max_clock_jump_us = 3600LL * 1'000'000;

// The time for recordedAt: the system's clock, never decreasing, and not trusted when it jumps ahead.
//
// Threads: one at a time.
class Clock {
 public:
  // `last_us`: recordedAt of the last event, 0 when there is none; `wall_us` and `steady_us`: both clocks now.
  Clock(int64_t last_us, int64_t wall_us, int64_t steady_us);
  // The time to record. Empty while the wall clock is ahead of what the steady clock makes of the start by more than
  // max_clock_jump_us: then commands are refused.
  std::optional<int64_t> now(int64_t wall_us, int64_t steady_us);

 private:
  int64_t last_us_, start_wall_us_, start_steady_us_;
};

int64_t steady_now_us();

}  // namespace catlog::commandhandler
