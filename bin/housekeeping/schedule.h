#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace catlog::housekeeping {

// When work is due. All of it is pure: `now` is an argument, times are microseconds since 1970 UTC, and of the process
// only its time zone counts, where `local` is asked for.

enum class Zone { utc, local };

// At an interval, or at a time of day, on each day or on one day of the week.
class Timetable {
 public:
  // "90s", "15m", "6h", "2d"; "03:30"; "sun 03:30". Nothing: it is none of these.
  static std::optional<Timetable> parse(std::string_view text, Zone zone);

  // Its first moment after this one; of an interval, this one and the interval. A time of day that a day lacks (the
  // clock was set forward over it) is as much later as the clock was set; of one that a day has twice the earlier
  // counts. So each day has it once.
  int64_t first_after(int64_t us) const;
  // The longest time from one moment of it to the next, but for an hour of daylight saving.
  int64_t period_us() const;
  bool is_interval() const { return every_us_ != 0; }
  Zone zone() const { return zone_; }
  const std::string& text() const { return text_; }

 private:
  Timetable(std::string_view text, Zone zone) : text_(text), zone_(zone) {}
  std::string text_;
  Zone zone_;
  int64_t every_us_ = 0;  // 0: at a time of day
  int minute_of_day_ = 0;
  std::optional<int> day_of_week_;  // 0 is Sunday
};

// What is known of the work's runs. A value that outlives the process (record.h).
struct History {
  int64_t since_us = 0;                // when it came into the timetable that it has
  std::optional<int64_t> run_us = {};  // when the last run began, and the last that succeeded, and the last that failed
  std::optional<int64_t> success_us = {};
  std::optional<int64_t> failure_us = {};
  uint32_t failures = 0;       // since the last success
  bool is_unfinished = false;  // the last run succeeded and left more to do
  bool operator==(const History&) const = default;
};

constexpr int64_t first_pause_us = 60'000'000, longest_pause_us = 6 * 3'600'000'000;
// How long after failure number `failures` in a row it is tried again: twice as long each time, up to six hours.
int64_t pause_after(uint32_t failures);
constexpr int64_t pause_when_unfinished_us = 60'000'000;

// When the next run is due: at the next moment of its timetable behind the last run, once, however many passed while
// nobody was there to run it. Work that never ran is due at once where it has an interval, else at its first moment.
// After a failure it is due after a pause already, after a run that left more to do in a minute.
int64_t next_run(const Timetable& timetable, const History& history);

// The history without times that lie ahead of `now`: the clock was wrong then, or is now. They count as now, so that
// the work is not put off until that time comes.
History believed(History history, int64_t now_us);

// Whether it is far too long ago that it succeeded, or that it came into the timetable: half a period and an hour late.
bool is_overdue(const Timetable& timetable, const History& history, int64_t now_us);

}  // namespace catlog::housekeeping
