#include <boost/test/unit_test.hpp>

#include <stdlib.h>
#include <time.h>

#include <optional>
#include <set>
#include <string>

#include "bin/housekeeping/schedule.h"
#include "events/text/datetime.h"

BOOST_AUTO_TEST_SUITE(schedule_test)

using namespace catlog;
using namespace catlog::housekeeping;

namespace {

constexpr int64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

int64_t at(const char* time) { return events::parse_rfc3339(time).value(); }
std::string text(int64_t us) { return events::to_rfc3339(us).substr(0, 16); }
Timetable timetable(const char* words, Zone zone = Zone::utc) { return Timetable::parse(words, zone).value(); }

// The process's zone, until this object goes.
class LocalZone {
 public:
  explicit LocalZone(const char* name) {
    if (const char* before = ::getenv("TZ")) before_ = before;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  LocalZone(const LocalZone&) = delete;
  ~LocalZone() {
    before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

std::string local_day(int64_t us) {
  const std::time_t seconds = us / second;
  std::tm calendar{};
  ::localtime_r(&seconds, &calendar);
  char words[16];
  return std::string(words, ::strftime(words, sizeof words, "%Y-%m-%d", &calendar));
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_interval_a_time_of_day_and_a_day_of_the_week_are_read) {
  for (const char* good : {"1s", "90s", "15m", "6h", "2d", "366d", "00:00", "23:59", "sun 03:30", "sat 00:00"})
    BOOST_TEST(Timetable::parse(good, Zone::utc).has_value(), good);
  for (const char* bad : {"",
                          "0s",
                          "0h",
                          "s",
                          "-1h",
                          "+1h",
                          "1",
                          "1w",
                          "1.5h",
                          "367d",
                          "99999999999999999999d",
                          "3:30",
                          "-0:30",
                          "03:-0",
                          "sun -1:30",
                          "24:00",
                          "03:60",
                          "0330",
                          "03:3O",
                          "sunday 03:30",
                          "Sun 03:30",
                          "sun03:30",
                          "sun  03:30",
                          "sun 3h",
                          "off",
                          " 03:30",
                          "03:30 "})
    BOOST_TEST(!Timetable::parse(bad, Zone::utc).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(the_next_moment_of_a_timetable_is_behind_the_one_that_is_given) {
  const int64_t friday = at("2026-11-27T12:00:00Z");
  BOOST_TEST(text(timetable("6h").first_after(friday)) == "2026-11-27T18:00");
  BOOST_TEST(text(timetable("12:30").first_after(friday)) == "2026-11-27T12:30");
  BOOST_TEST(text(timetable("12:00").first_after(friday)) == "2026-11-28T12:00");
  BOOST_TEST(text(timetable("12:00").first_after(friday - 1)) == "2026-11-27T12:00");
  BOOST_TEST(text(timetable("sun 03:30").first_after(friday)) == "2026-11-29T03:30");
  BOOST_TEST(text(timetable("fri 12:00").first_after(friday)) == "2026-12-04T12:00");
  BOOST_TEST(text(timetable("03:30").first_after(at("2028-02-28T04:00:00Z"))) == "2028-02-29T03:30");
  BOOST_TEST(text(timetable("00:10").first_after(-5 * hour)) == "1970-01-01T00:10");
}

// Also on days that have 23 or 25 hours, half an hour more or less, or are left out altogether.
BOOST_AUTO_TEST_CASE(each_day_has_its_time_of_day_once_whatever_the_clocks_are_set_to) {
  for (const char* zone : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC"}) {
    const LocalZone local(zone);
    for (const char* words : {"00:00", "00:30", "01:45", "02:00", "02:30", "03:00", "23:45"}) {
      const Timetable each_day = timetable(words, Zone::local);
      std::set<std::string> days;
      int64_t now = at("2026-01-01T12:00:00Z");
      for (int number = 0; number < 365; ++number) {
        const int64_t next = each_day.first_after(now);
        BOOST_TEST_REQUIRE(next > now, zone << ' ' << words);
        BOOST_TEST_REQUIRE(next - now <= 25 * hour, zone << ' ' << words << ' ' << text(now));
        // Whoever looks at any moment between two of them finds the same.
        BOOST_TEST_REQUIRE(each_day.first_after(now + (next - now) / 2) == next,
                           zone << ' ' << words << ' ' << text(now));
        days.insert(local_day(next));
        now = next;
      }
      BOOST_TEST(days.size() == 365u, zone << ' ' << words);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_time_that_a_day_lacks_is_as_much_later_and_of_two_the_first_counts) {
  const LocalZone local("Europe/Berlin");
  const Timetable night = timetable("02:30", Zone::local);
  // Set forward at 01:00Z: 03:30 summer time. Set back at 01:00Z: first 02:30 summer time.
  BOOST_TEST(text(night.first_after(at("2026-03-28T12:00:00Z"))) == "2026-03-29T01:30");
  BOOST_TEST(text(night.first_after(at("2026-10-24T12:00:00Z"))) == "2026-10-25T00:30");
  BOOST_TEST(text(night.first_after(at("2026-10-25T00:30:00Z"))) == "2026-10-26T01:30");
}

BOOST_AUTO_TEST_CASE(what_never_ran_is_due_at_once_or_at_its_first_time_of_day) {
  const History history{.since_us = at("2026-11-27T12:00:00Z")};
  BOOST_TEST(next_run(timetable("6h"), history) == history.since_us);
  BOOST_TEST(text(next_run(timetable("02:30"), history)) == "2026-11-28T02:30");
}

// A daemon that was off for a week runs it once, not seven times.
BOOST_AUTO_TEST_CASE(what_was_due_while_nobody_ran_it_is_due_once) {
  History history{.since_us = 0, .run_us = at("2026-11-20T02:30:00Z")};
  const int64_t now = at("2026-11-27T12:00:00Z");
  BOOST_TEST(next_run(timetable("02:30"), history) <= now);
  history.run_us = history.success_us = now;
  BOOST_TEST(text(next_run(timetable("02:30"), history)) == "2026-11-28T02:30");
}

BOOST_AUTO_TEST_CASE(what_failed_is_tried_again_with_growing_pauses_and_no_later_than_it_is_due_anyway) {
  BOOST_TEST(pause_after(1) == minute);
  BOOST_TEST(pause_after(2) == 2 * minute);
  BOOST_TEST(pause_after(9) == 256 * minute);
  BOOST_TEST(pause_after(10) == 6 * hour);
  BOOST_TEST(pause_after(UINT32_MAX) == 6 * hour);
  const int64_t failed = at("2026-11-27T02:30:00Z");
  History history{.since_us = 0, .run_us = failed, .failure_us = failed, .failures = 1};
  BOOST_TEST(text(next_run(timetable("02:30"), history)) == "2026-11-27T02:31");
  history.failures = 100;
  BOOST_TEST(text(next_run(timetable("02:30"), history)) == "2026-11-27T08:30");
  BOOST_TEST(text(next_run(timetable("10m"), history)) == "2026-11-27T02:40");
}

BOOST_AUTO_TEST_CASE(what_left_more_to_do_is_due_in_a_minute) {
  const int64_t ran = at("2026-11-27T02:30:00Z");
  const History history{.since_us = 0, .run_us = ran, .success_us = ran, .is_unfinished = true};
  BOOST_TEST(text(next_run(timetable("02:30"), history)) == "2026-11-27T02:31");
  BOOST_TEST(next_run(timetable("10s"), history) == ran + 10 * second);
}

// A run that a wrong clock dated years ahead must not put the next one off for years.
BOOST_AUTO_TEST_CASE(times_that_lie_ahead_are_taken_for_now) {
  const int64_t now = at("2026-11-27T12:00:00Z"), wrong = at("2036-01-01T00:00:00Z");
  const History history =
      believed({.since_us = wrong, .run_us = wrong, .success_us = wrong, .failure_us = now - day}, now);
  BOOST_TEST((history == History{.since_us = now, .run_us = now, .success_us = now, .failure_us = now - day}));
  BOOST_TEST(text(next_run(timetable("02:30"), history)) == "2026-11-28T02:30");
}

BOOST_AUTO_TEST_CASE(it_is_overdue_half_a_period_and_an_hour_late) {
  const int64_t now = at("2026-11-27T12:00:00Z");
  const auto overdue = [&](const char* words, int64_t since) {
    return is_overdue(timetable(words), {.since_us = 0, .success_us = now - since}, now);
  };
  BOOST_TEST(!overdue("02:30", 37 * hour));
  BOOST_TEST(overdue("02:30", 37 * hour + 1));
  BOOST_TEST(!overdue("sun 02:30", 10 * day));
  BOOST_TEST(overdue("sun 02:30", 11 * day));
  BOOST_TEST(!overdue("1h", 2 * hour));
  BOOST_TEST(overdue("1h", 3 * hour));
  BOOST_TEST(is_overdue(timetable("1h"), {.since_us = now - day}, now));
  BOOST_TEST(!is_overdue(timetable("1h"), {.since_us = now - hour}, now));
}

BOOST_AUTO_TEST_SUITE_END()
