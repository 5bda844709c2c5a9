#include "bin/housekeeping/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace catlog::housekeeping {
namespace {

constexpr int64_t second_us = 1'000'000, hour_us = 3'600 * second_us, day_us = 24 * hour_us;
constexpr int64_t longest_interval_us = 366 * day_us;
constexpr std::array<std::string_view, 7> days_of_week{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

// Digits only.
std::optional<int64_t> number_in(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.starts_with('-') || error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// 0: it is no interval.
int64_t interval_in(std::string_view text) {
  if (text.empty()) return 0;
  int64_t unit = 0;
  if (text.back() == 's') unit = second_us;
  if (text.back() == 'm') unit = 60 * second_us;
  if (text.back() == 'h') unit = hour_us;
  if (text.back() == 'd') unit = day_us;
  const auto number = number_in(text.substr(0, text.size() - 1));
  if (unit == 0 || !number || *number > longest_interval_us / unit) return 0;
  return *number * unit;
}

// "03:30" as minutes.
std::optional<int> time_of_day_in(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return {};
  const auto hour = number_in(text.substr(0, 2)), minute = number_in(text.substr(3));
  if (!hour || !minute || *hour > 23 || *minute > 59) return {};
  return static_cast<int>(*hour * 60 + *minute);
}

std::time_t seconds_of(int64_t us) {
  return static_cast<std::time_t>(us >= 0 ? us / second_us : (us - second_us + 1) / second_us);
}

std::tm calendar_of(std::time_t seconds, Zone zone) {
  std::tm calendar{};
  if (zone == Zone::utc)
    ::gmtime_r(&seconds, &calendar);
  else
    ::localtime_r(&seconds, &calendar);
  return calendar;
}

// What the zone's clocks show at a moment, where they may be in daylight saving or not: nothing when they never do.
std::optional<std::time_t> local_moment(std::tm wanted, int is_dst) {
  std::tm normal = wanted;
  normal.tm_isdst = is_dst;
  const std::time_t seconds = ::mktime(&normal);
  const std::tm shown = calendar_of(seconds, Zone::local);
  if (shown.tm_mday != wanted.tm_mday || shown.tm_hour != wanted.tm_hour || shown.tm_min != wanted.tm_min) return {};
  return seconds;
}

std::time_t moment_of(std::tm wanted, Zone zone) {
  if (zone == Zone::utc) return ::timegm(&wanted);
  // mktime may choose either of two; which one must not depend on what it was asked before.
  const std::time_t noon = [&] {
    std::tm normal = wanted;
    normal.tm_hour = 12;
    normal.tm_min = 0;
    normal.tm_isdst = -1;
    return ::mktime(&normal);
  }();
  wanted = [&] {
    std::tm day = calendar_of(noon, Zone::local);
    day.tm_hour = wanted.tm_hour;
    day.tm_min = wanted.tm_min;
    day.tm_sec = 0;
    return day;
  }();
  const auto summer = local_moment(wanted, 1), winter = local_moment(wanted, 0);
  if (summer && winter) return std::min(*summer, *winter);
  if (summer || winter) return summer ? *summer : *winter;
  wanted.tm_isdst = 0;  // by the clocks as they were before they were set forward
  return ::mktime(&wanted);
}

}  // namespace

std::optional<Timetable> Timetable::parse(std::string_view text, Zone zone) {
  Timetable timetable(text, zone);
  timetable.every_us_ = interval_in(text);
  if (timetable.every_us_ != 0) return timetable;
  if (text.size() > 4 && text[3] == ' ') {
    const auto day = std::ranges::find(days_of_week, text.substr(0, 3));
    if (day == days_of_week.end()) return {};
    timetable.day_of_week_ = static_cast<int>(day - days_of_week.begin());
    text.remove_prefix(4);
  }
  const auto minute = time_of_day_in(text);
  if (!minute) return {};
  timetable.minute_of_day_ = *minute;
  return timetable;
}

int64_t Timetable::first_after(int64_t us) const {
  if (is_interval()) return us + every_us_;
  const std::tm day = calendar_of(seconds_of(us), zone_);
  // A week, and a day more for each that a zone left out when it changed sides of the date line.
  for (int later = 0; later < 10; ++later) {
    std::tm wanted{};
    wanted.tm_year = day.tm_year;
    wanted.tm_mon = day.tm_mon;
    wanted.tm_mday = day.tm_mday + later;
    wanted.tm_hour = minute_of_day_ / 60;
    wanted.tm_min = minute_of_day_ % 60;
    const std::time_t moment = moment_of(wanted, zone_);
    if (moment * second_us <= us) continue;
    if (!day_of_week_ || calendar_of(moment, zone_).tm_wday == *day_of_week_) return moment * second_us;
  }
  return us + day_us;
}

int64_t Timetable::period_us() const {
  if (is_interval()) return every_us_;
  return day_of_week_ ? 7 * day_us : day_us;
}

int64_t pause_after(uint32_t failures) {
  int64_t pause = first_pause_us;
  for (uint32_t number = 1; number < failures && pause < longest_pause_us; ++number) pause *= 2;
  return std::min(pause, longest_pause_us);
}

int64_t next_run(const Timetable& timetable, const History& history) {
  if (!history.run_us) return timetable.is_interval() ? history.since_us : timetable.first_after(history.since_us);
  const int64_t regular = timetable.first_after(*history.run_us);
  if (history.failures > 0)
    return std::min(regular, history.failure_us.value_or(*history.run_us) + pause_after(history.failures));
  return history.is_unfinished ? std::min(regular, *history.run_us + pause_when_unfinished_us) : regular;
}

History believed(History history, int64_t now_us) {
  history.since_us = std::min(history.since_us, now_us);
  for (auto* time : {&history.run_us, &history.success_us, &history.failure_us})
    if (*time) *time = std::min(**time, now_us);
  return history;
}

bool is_overdue(const Timetable& timetable, const History& history, int64_t now_us) {
  const int64_t period = timetable.period_us();
  return now_us - history.success_us.value_or(history.since_us) > period + period / 2 + hour_us;
}

}  // namespace catlog::housekeeping
