#include "commandhandler/clock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "commandhandler/time_note.h"
#include "events/text/datetime.h"
#include "tests/support/run.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(clock_test)

using namespace catlog::commandhandler;
using catlog::tests::has;

namespace {

constexpr int64_t wall = 1'790'000'000'000'000, steady = 5'000'000, second = 1'000'000, hour = max_clock_jump_us;
constexpr int64_t day = 24 * hour, ten_years = 3'650 * day;

bool is_at(const Moment& moment, int64_t recorded_us, int64_t now_us) {
  return moment.recorded_us == recorded_us && moment.now_us == now_us;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_recorded_time_never_goes_back_and_what_expires_is_judged_by_the_clock) {
  Clock clock(wall + 10 * second, wall + 10 * second, wall, steady);
  BOOST_TEST(is_at(clock.now(wall, steady), wall + 10 * second, wall));
  const Moment last = clock.now(wall + 11 * second, steady + 11 * second);
  BOOST_TEST(is_at(last, wall + 11 * second, wall + 11 * second));
  clock.record(last);
  BOOST_TEST(is_at(clock.now(wall + 5 * second, steady + 12 * second), wall + 11 * second, wall + 5 * second));
  BOOST_TEST(is_at(clock.now(wall - 9 * hour, steady + 13 * second), wall + 11 * second, wall - 9 * hour));
}

BOOST_AUTO_TEST_CASE(while_a_clock_is_ahead_time_goes_on_without_it) {
  Clock clock(0, {}, wall, steady);
  BOOST_TEST(is_at(clock.now(wall + hour, steady), wall + hour, wall + hour));
  clock.record({wall + hour, wall + hour});
  BOOST_TEST(is_at(clock.now(wall + hour + 2 * second, steady + second), wall + hour, wall + second));
  BOOST_TEST(!clock.reading().is_believed);
  BOOST_TEST(is_at(clock.now(wall + ten_years, steady + 2 * hour), wall + 2 * hour, wall + 2 * hour));
  BOOST_TEST(has(clock_fault(clock.reading()), "3649 days ahead of the time known"), clock_fault(clock.reading()));
  // What was not believed is not remembered as the last time.
  BOOST_TEST(is_at(clock.now(wall + 3 * hour, steady + 3 * hour), wall + 3 * hour, wall + 3 * hour));
  BOOST_TEST(clock_fault(clock.reading()) == "");
}

BOOST_AUTO_TEST_CASE(a_time_by_which_nothing_was_dated_dates_nothing_later) {
  Clock clock(wall, wall, wall + 2 * hour, steady);
  BOOST_TEST(is_at(clock.now(wall + 2 * hour, steady), wall + 2 * hour, wall + 2 * hour));
  BOOST_TEST(is_at(clock.now(wall + second, steady + second), wall + second, wall + second));
  BOOST_TEST(clock.reading().last_us == wall);
  BOOST_TEST(has(clock_fault(clock.reading()), "behind the time known"), clock_fault(clock.reading()));
}

BOOST_AUTO_TEST_CASE(of_a_log_dated_by_a_wrong_clock_the_time_known_is_the_clocks_after_a_while) {
  Clock clock(wall + ten_years, {}, wall, steady);
  BOOST_TEST(is_at(clock.now(wall + second, steady + second), wall + ten_years, wall + second));
  BOOST_TEST(clock.is_in_doubt());
  BOOST_TEST(is_at(clock.now(wall + hour, steady + hour), wall + ten_years, wall + hour));
  BOOST_TEST(!clock.is_in_doubt());
  BOOST_TEST(clock.reading().known_us == wall + hour);
  // What the log says of time makes no clock right.
  BOOST_TEST(clock.now(wall + ten_years, steady + hour + second).now_us == wall + hour + second);
  BOOST_TEST(!Clock(wall + ten_years, clock.reading().known_us, wall + ten_years, steady).reading().is_believed);
}

// As a machine whose clock stands at its beginning until the network sets it.
BOOST_AUTO_TEST_CASE(a_clock_that_is_set_soon_after_a_start_is_believed_though_nobody_knew_the_time) {
  Clock clock(wall, {}, wall - ten_years, steady);
  BOOST_TEST(clock.is_in_doubt());
  BOOST_TEST(is_at(clock.now(wall + day, steady + 60 * second), wall + day, wall + day));
  BOOST_TEST(!clock.is_in_doubt());
  BOOST_TEST(clock.reading().known_us == wall + day);
  BOOST_TEST(!Clock(wall, {}, wall, steady).is_in_doubt());
}

BOOST_AUTO_TEST_CASE(time_that_really_passes_is_no_jump) {
  Clock clock(0, {}, wall, steady);
  for (int64_t passed = hour; passed < 1'000 * hour; passed += 100 * hour)
    BOOST_TEST(is_at(clock.now(wall + passed, steady + passed), wall + passed, wall + passed));
}

BOOST_AUTO_TEST_CASE(a_start_far_ahead_of_the_time_known_moves_nothing) {
  Clock clock(wall, wall, wall + ten_years, steady);
  BOOST_TEST(!clock.reading().is_believed);
  BOOST_TEST(is_at(clock.now(wall + ten_years + second, steady + second), wall + second, wall + second));
  BOOST_TEST(clock.reading().known_us == wall + second);
  BOOST_TEST(has(clock_fault(clock.reading()), "--clock-is-right"));
  // The clock is set while it runs: the machine was off for three days.
  BOOST_TEST(is_at(clock.now(wall + 3 * day, steady + 2 * second), wall + 3 * day, wall + 3 * day));
  BOOST_TEST(!Clock(wall, wall + 3 * day, wall + ten_years, steady).reading().is_believed);
  // A log that holds events of the wrong clock does not make it right, for the time known is kept beside it.
  BOOST_TEST(!Clock(wall + ten_years, wall, wall + ten_years, steady).reading().is_believed);
}

BOOST_AUTO_TEST_CASE(a_catalogue_that_was_off_for_a_month_goes_on_as_ever) {
  Clock clock(wall, wall, wall + 31 * day, steady);
  BOOST_TEST(is_at(clock.now(wall + 31 * day, steady), wall + 31 * day, wall + 31 * day));
  BOOST_TEST(clock_fault(clock.reading()) == "");
}

BOOST_AUTO_TEST_CASE(an_operator_who_says_that_the_clock_is_right_is_believed) {
  Clock clock(wall, wall, wall + 400 * day, steady, ClockAtStart::is_right);
  BOOST_TEST(is_at(clock.now(wall + 400 * day, steady), wall + 400 * day, wall + 400 * day));
  BOOST_TEST(clock_fault(clock.reading()) == "");
  // Of a log that a wrong clock dated, the time known is the clock's then.
  Clock behind(wall + ten_years, wall + ten_years, wall, steady, ClockAtStart::is_right);
  BOOST_TEST(behind.reading().known_us == wall);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_behind_at_a_start_and_set_later_is_no_jump) {
  Clock clock(wall, wall, wall - ten_years, steady);
  BOOST_TEST(is_at(clock.now(wall - ten_years, steady), wall, wall - ten_years));
  BOOST_TEST(has(clock_fault(clock.reading()), "3650 days ahead of the clock of this machine"));
  BOOST_TEST(is_at(clock.now(wall + 5 * day, steady + second), wall + 5 * day, wall + 5 * day));
  BOOST_TEST(clock_fault(clock.reading()) == "");
  // From then on only the steady clock moves it.
  clock.now(wall + 8 * day, steady + second);
  BOOST_TEST(!clock.reading().is_believed);
}

BOOST_AUTO_TEST_CASE(the_time_known_is_kept_to_the_hour) {
  const catlog::tests::TemporaryDirectory data;
  std::filesystem::create_directory(data / "run");
  TimeNote note(data.path());
  BOOST_TEST(!note.read());
  note.keep(wall);
  BOOST_TEST(TimeNote(data.path()).read().value() == wall - wall % hour);
  std::ofstream(data / "run/known-time") << "soon\n";
  BOOST_TEST(!note.read());
}

BOOST_AUTO_TEST_CASE(the_steady_clock_goes_on) {
  auto first = catlog::events::steady_now_us();
  BOOST_TEST(catlog::events::steady_now_us() >= first);
}

// What root's daemon notes its owner's next one must be able to write; what is no file of ours is neither read nor
// written.
BOOST_AUTO_TEST_CASE(the_note_is_a_file_of_the_directorys_owner) {
  const catlog::tests::TemporaryDirectory data;
  const auto note = data / "run" / "known-time";
  std::filesystem::create_directory(data / "run");
  const uid_t owner = ::geteuid() == 0 ? 65'534 : ::geteuid();
  BOOST_TEST_REQUIRE(::chown((data / "run").c_str(), owner, static_cast<gid_t>(-1)) == 0);
  TimeNote(data.path()).keep(wall);
  struct stat about {};
  BOOST_TEST_REQUIRE(::stat(note.c_str(), &about) == 0);
  BOOST_TEST(about.st_uid == owner);
  BOOST_TEST((TimeNote(data.path()).read() == wall - wall % hour));
  std::filesystem::rename(note, data / "elsewhere");
  std::filesystem::create_symlink(data / "elsewhere", note);
  TimeNote(data.path()).keep(wall + day);
  BOOST_TEST(!TimeNote(data.path()).read().has_value());
  BOOST_TEST(std::filesystem::file_size(data / "elsewhere") == 28u);
}

BOOST_AUTO_TEST_SUITE_END()
