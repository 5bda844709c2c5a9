#pragma once
#include <cstdint>

namespace catlog::commandhandler {

// When commands are judged; microseconds UTC.
struct Moment {
  constexpr Moment() = default;
  constexpr Moment(int64_t us) : Moment(us, us) {}  // NOLINT: a clock that was never wrong
  constexpr Moment(int64_t recorded, int64_t now) : recorded_us(recorded), now_us(now) {}

  int64_t recorded_us = 0;  // for recordedAt: never decreases
  int64_t now_us = 0;       // what expires is judged by it; before recorded_us where a wrong clock dated the log
};

}  // namespace catlog::commandhandler
