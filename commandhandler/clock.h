#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "commandhandler/rules/moment.h"

namespace catlog::commandhandler {

// How far the system's clock may gain on the steady one while a handler runs; and how far the log's last event may be
// ahead of the system's clock before that is told.
constexpr int64_t max_clock_jump_us = 3600LL * 1'000'000;
// How long a catalogue may have been off: a clock that is further ahead of the time known is not believed at a start.
constexpr int64_t max_time_off_us = 40 * 24 * max_clock_jump_us;
// How long after a start a clock may still be set.
constexpr int64_t max_doubt_us = max_clock_jump_us;

// judged: the clock is believed within the limits. is_right: an operator says that it is right, however far it is
// ahead.
enum class ClockAtStart { judged, is_right };

// How the system's clock stands to what is known of time.
struct ClockReading {
  int64_t wall_us = 0;
  int64_t last_us = 0;   // recordedAt of the last event; 0: none
  int64_t known_us = 0;  // the latest time that was believed
  bool is_believed = true;
};
// What is wrong, the first of these that is.
enum class ClockFault { none, not_believed, behind_log, behind_known_time };
ClockFault fault_in(const ClockReading& reading);
// The same, and what to do, as a sentence; empty: nothing.
std::string clock_fault(const ClockReading& reading);

// The time that commands are judged at: the system's clock while it can be believed. When it is too far ahead, time
// goes on by the steady clock from the last one that was believed, until the system's clock is set right. One that is
// behind is taken as it is, and recordedAt waits for it.
//
// Threads: one at a time.
class Clock {
 public:
  // `last_us`: recordedAt of the last event, 0 when there is none. `known_us`: the latest time that an earlier handler
  // believed; where nobody knows, it is the last event's. `wall_us` and `steady_us`: both clocks now.
  Clock(int64_t last_us, std::optional<int64_t> known_us, int64_t wall_us, int64_t steady_us,
        ClockAtStart at_start = ClockAtStart::judged);

  // The moment at which commands are judged when the clocks say this; keeps reading() up to date.
  Moment now(int64_t wall_us, int64_t steady_us);
  // Events were dated by this moment: none after them is dated earlier.
  void record(const Moment& moment);

  // How the clock stood at the last now(), or when this object was made. last_us never decreases, known_us only when a
  // doubt ends.
  const ClockReading& reading() const { return reading_; }
  // True while nobody knows the time, and the log's last event is ahead of the system's clock: either the clock is not
  // set yet, or a wrong one dated the log. A clock that has not come to the event's time after max_doubt_us is
  // believed, and the event's time is not.
  bool is_in_doubt() const { return doubt_ends_us_.has_value(); }

 private:
  ClockReading reading_;
  int64_t base_us_, base_steady_us_;      // the last time that was believed for sure, and the steady clock then
  std::optional<int64_t> doubt_ends_us_;  // by the steady clock
  bool is_reached_ = false;  // whether the system's clock was found at the time known, or a little after it
};

}  // namespace catlog::commandhandler
