#include "commandhandler/clock.h"

#include <algorithm>
#include <ctime>

namespace catlog::commandhandler {

Clock::Clock(int64_t last_us, int64_t wall_us, int64_t steady_us)
    : last_us_(last_us), start_wall_us_(wall_us), start_steady_us_(steady_us) {}

std::optional<int64_t> Clock::now(int64_t wall_us, int64_t steady_us) {
  int64_t expected_us = start_wall_us_ + (steady_us - start_steady_us_);
  if (wall_us - expected_us > max_clock_jump_us) return {};
  last_us_ = std::max(last_us_, wall_us);
  return last_us_;
}

int64_t steady_now_us() {
  // The one that goes on while the machine sleeps.
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace catlog::commandhandler
