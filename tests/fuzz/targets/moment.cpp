#include "bin/cli/moment.h"

#include <optional>

#include "bin/housekeeping/schedule.h"
#include "events/error.h"
#include "events/text/datetime.h"
#include "events/text/utf8.h"
#include "events/text/uuid.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

constexpr int64_t longest_day_us = int64_t{26} * 3'600 * 1'000'000;

void check_time(int64_t us) {
  must(us >= events::first_datetime_us && us <= events::last_datetime_us, "a time is beyond the years that there are");
  const std::string written = events::to_rfc3339(us);
  must(events::parse_rfc3339(written) == us, "a time is another one as it is written");
  must(events::is_date(written.substr(0, 10)), "a time has a day that is none");
  must(events::to_sql_datetime(us).substr(0, 10) == written.substr(0, 10), "SQL has another day");
}

void check_moment(const std::string& text) {
  try {
    const cli::Moment moment = cli::moment_named(text);
    if (!moment.position) check_time(moment.time_us);
    must(moment.position || cli::time_named(text) == moment.time_us, "a time is two");
  } catch (const events::Failure& failure) {
    must(failure.code() == events::Exit::usage && *failure.what() != '\0', "what is no moment is told otherwise");
  }
}

void check_timetable(std::string_view text, housekeeping::Zone zone) {
  const auto timetable = housekeeping::Timetable::parse(text, zone);
  if (!timetable) return;
  must(timetable->text() == text, "a timetable has another text");
  must(text.find_first_of("+-.") == std::string_view::npos, "a timetable has a number with a sign");
  const int64_t period = timetable->period_us();
  must(period > 0, "a timetable has no period");
  for (int64_t at : {int64_t{-1}, int64_t{0}, int64_t{1'790'000'000'123'456}, events::first_datetime_us}) {
    const int64_t next = timetable->first_after(at);
    must(next > at && next - at <= period + longest_day_us, "a timetable's next moment is none");
    must(!housekeeping::is_overdue(*timetable, {.since_us = at}, next), "what is due first is overdue");
  }
}

}  // namespace

// Positions, times, timetables and ids as people write them: each is refused, or means one thing and is written so.
void try_moment(Input input) {
  const std::string text(text_of(input).substr(0, text_of(input).find('\0')));  // a command line has none
  check_moment(text);
  if (const auto time = events::parse_rfc3339(text)) check_time(*time);
  if (events::is_date(text)) must(events::parse_rfc3339(text + "T00:00:00Z").has_value(), "a day has no beginning");
  for (const auto zone : {housekeeping::Zone::utc, housekeeping::Zone::local}) check_timetable(text, zone);
  if (const auto id = events::parse_uuid(text))
    must(events::to_string(*id) == events::lower_ascii(text), "an id is another one as it is written");
}

}  // namespace catlog::tests
