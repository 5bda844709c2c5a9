#include "commandhandler/clock.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "events/text/datetime.h"

namespace catlog::commandhandler {
namespace {

std::string in_words(int64_t us) {
  const int64_t hours = us / max_clock_jump_us;
  return hours < 48 ? fmt::format("{} hours", hours) : fmt::format("{} days", hours / 24);
}

}  // namespace

ClockFault fault_in(const ClockReading& reading) {
  if (!reading.is_believed) return ClockFault::not_believed;
  if (reading.last_us - reading.wall_us > max_clock_jump_us) return ClockFault::behind_log;
  if (reading.known_us - reading.wall_us > max_clock_jump_us) return ClockFault::behind_known_time;
  return ClockFault::none;
}

std::string clock_fault(const ClockReading& reading) {
  // `sentence` names the first time, how far the two are apart, and the second.
  const auto told = [](std::string_view sentence, int64_t first_us, int64_t second_us) {
    return fmt::format(fmt::runtime(sentence), events::to_rfc3339(first_us), in_words(std::abs(first_us - second_us)),
                       events::to_rfc3339(second_us));
  };
  switch (fault_in(reading)) {
    case ClockFault::not_believed:
      return told(
          "the clock of this machine says {}, {} ahead of the time known, {}, and is not believed: set it "
          "right (timedatectl); until then events are dated, and what expires is judged, as if only the "
          "time had passed for which catlogd ran. If it is right, start catlogd once with "
          "--clock-is-right",
          reading.wall_us, reading.known_us);
    case ClockFault::behind_log:
      return told(
          "the log's last event is dated {}, {} ahead of the clock of this machine, {}: if the clock is "
          "wrong, set it right (timedatectl); if it is right, a wrong one dated the log: events carry that "
          "time until the clock has come to it, and what expires is judged by the clock",
          reading.last_us, reading.wall_us);
    case ClockFault::behind_known_time:
      return told(
          "the clock of this machine says {}, {} behind the time known, {}: if it is wrong, set it right "
          "(timedatectl); if it is right, it was wrong before: start catlogd once with --clock-is-right, so "
          "that a clock as wrong as that is not believed again",
          reading.wall_us, reading.known_us);
    case ClockFault::none:
      break;
  }
  return {};
}

Clock::Clock(int64_t last_us, std::optional<int64_t> known_us, int64_t wall_us, int64_t steady_us,
             ClockAtStart at_start)
    : reading_{wall_us, last_us, known_us.value_or(last_us)}, base_steady_us_(steady_us) {
  if (at_start == ClockAtStart::is_right || reading_.known_us == 0)
    reading_.known_us = wall_us;
  else if (!known_us && last_us - wall_us > max_clock_jump_us)
    doubt_ends_us_ = steady_us + max_doubt_us;
  base_us_ = reading_.known_us;
  now(wall_us, steady_us);
}

Moment Clock::now(int64_t wall_us, int64_t steady_us) {
  if (doubt_ends_us_ && steady_us >= *doubt_ends_us_) {
    base_us_ = reading_.known_us = wall_us;
    base_steady_us_ = steady_us;
  }
  // What time it is when none was missed since.
  const int64_t at_least_us = base_us_ + (steady_us - base_steady_us_);
  reading_.wall_us = wall_us;
  reading_.is_believed = wall_us - at_least_us <= (is_reached_ ? max_clock_jump_us : max_time_off_us);
  if (reading_.is_believed && !is_reached_ && wall_us > base_us_ - max_clock_jump_us) {
    is_reached_ = true;
    doubt_ends_us_.reset();
    base_us_ = wall_us;
    base_steady_us_ = steady_us;
  }
  const int64_t now_us = reading_.is_believed ? wall_us : at_least_us;
  reading_.known_us = std::max(reading_.known_us, now_us);
  return {std::max(reading_.last_us, now_us), now_us};
}

void Clock::record(const Moment& moment) { reading_.last_us = std::max(reading_.last_us, moment.recorded_us); }

}  // namespace catlog::commandhandler
