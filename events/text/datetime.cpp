#include "events/text/datetime.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

namespace catlog::events {
namespace {

using namespace std::chrono;

constexpr int64_t us_per_s = 1'000'000;

// Reads exactly `count` digits at text[at].
std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return {};
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<sys_days> parse_date(std::string_view text) {
  auto y = digits(text, 0, 4), m = digits(text, 5, 2), d = digits(text, 8, 2);
  if (!y || !m || !d || text[4] != '-' || text[7] != '-') return {};
  year_month_day day{year{*y}, month{static_cast<unsigned>(*m)}, std::chrono::day{static_cast<unsigned>(*d)}};
  if (!day.ok()) return {};
  return sys_days{day};
}

// The decimals at text[at] == '.', in microseconds; moves `at` behind them.
std::optional<int64_t> parse_fraction(std::string_view text, size_t& at) {
  int64_t us = 0;
  int count = 0;
  for (++at; count <= 6 && at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++count)
    us = us * 10 + (text[at] - '0');
  if (count == 0 || count > 6) return {};
  for (; count < 6; ++count) us *= 10;
  return us;
}

std::optional<int64_t> parse_offset_s(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return {};
  auto hours = digits(zone, 1, 2), minutes = digits(zone, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return {};
  int64_t offset = *hours * 3600 + *minutes * 60;
  return zone[0] == '-' ? -offset : offset;
}

struct Civil {
  int year;
  unsigned month, day;
  int64_t hour, minute, second, us;
};

Civil civil(int64_t us) {
  constexpr int64_t us_per_day = 86400 * us_per_s;
  int64_t days = us / us_per_day, rest = us % us_per_day;
  if (rest < 0) {  // rounded down, also before 1970
    rest += us_per_day;
    --days;
  }
  year_month_day ymd{sys_days{std::chrono::days{days}}};
  int64_t s = rest / us_per_s;
  return {int(ymd.year()), unsigned(ymd.month()), unsigned(ymd.day()), s / 3600, s / 60 % 60, s % 60, rest % us_per_s};
}

void put(char*& out, int64_t value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  out += count;
}

}  // namespace

int64_t now_us() { return floor<microseconds>(system_clock::now().time_since_epoch()).count(); }

int64_t steady_now_us() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  if (text.size() < 20) return {};
  auto day = parse_date(text.substr(0, 10));
  auto h = digits(text, 11, 2), m = digits(text, 14, 2), s = digits(text, 17, 2);
  bool separators = (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
  if (!day || !h || !m || !s || !separators || *h > 23 || *m > 59 || *s > 59) return {};
  size_t at = 19;
  int64_t us = 0;
  if (text[at] == '.') {
    auto fraction = parse_fraction(text, at);
    if (!fraction) return {};
    us = *fraction;
  }
  auto offset = parse_offset_s(text.substr(at));
  if (!offset) return {};
  int64_t seconds = day->time_since_epoch().count() * int64_t{86400} + *h * 3600 + *m * 60 + *s - *offset;
  int64_t result = seconds * us_per_s + us;
  // An offset must not lead out of the years that can be written again.
  int year = civil(result).year;
  if (year < 0 || year > 9999) return {};
  return result;
}

std::string to_rfc3339(int64_t us) {
  auto c = civil(us);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", c.year, c.month, c.day, c.hour, c.minute, c.second,
                     c.us);
}

std::string to_local_rfc3339(int64_t us) {
  const auto seconds = static_cast<time_t>(floor<std::chrono::seconds>(microseconds(us)).count());
  tm local{};
  ::localtime_r(&seconds, &local);
  const auto c = civil(us + local.tm_gmtoff * us_per_s);
  const auto minutes = std::abs(local.tm_gmtoff) / 60;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute,
                     c.second, c.us / 1000, local.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

SqlDatetime sql_datetime(int64_t us) {
  const auto c = civil(us);
  SqlDatetime text;
  std::memcpy(text.data(), "0000-00-00 00:00:00.000", text.size());
  char* out = text.data();
  put(out, c.year, 4);
  put(++out, c.month, 2);
  put(++out, c.day, 2);
  put(++out, c.hour, 2);
  put(++out, c.minute, 2);
  put(++out, c.second, 2);
  put(++out, c.us / 1000, 3);
  return text;
}

std::string to_sql_datetime(int64_t us) { return std::string(text_of(sql_datetime(us))); }

bool is_date(std::string_view text) { return text.size() == 10 && parse_date(text).has_value(); }

}  // namespace catlog::events
