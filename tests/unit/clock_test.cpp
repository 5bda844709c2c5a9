#include "commandhandler/clock.h"

#include <boost/test/unit_test.hpp>

using namespace catlog::commandhandler;

namespace {

constexpr int64_t wall = 1'790'000'000'000'000, steady = 5'000'000, second = 1'000'000;

}  // namespace

BOOST_AUTO_TEST_CASE(the_recorded_time_never_goes_back) {
  Clock clock(wall + 10 * second, wall, steady);
  BOOST_TEST(*clock.now(wall, steady) == wall + 10 * second);  // the log is ahead of the wall clock
  BOOST_TEST(*clock.now(wall + 11 * second, steady + 11 * second) == wall + 11 * second);
  BOOST_TEST(*clock.now(wall + 5 * second, steady + 12 * second) == wall + 11 * second);
  BOOST_TEST(*clock.now(wall - max_clock_jump_us * 9, steady + 13 * second) == wall + 11 * second);
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_ahead_is_not_trusted_until_it_is_back) {
  Clock clock(0, wall, steady);
  BOOST_TEST(clock.now(wall + max_clock_jump_us, steady).has_value());
  BOOST_TEST(!clock.now(wall + max_clock_jump_us + 1, steady).has_value());
  BOOST_TEST(!clock.now(wall + 100 * max_clock_jump_us, steady + second).has_value());
  // What was refused is not remembered as the last time.
  BOOST_TEST(*clock.now(wall + max_clock_jump_us + second, steady + second) == wall + max_clock_jump_us + second);
}

BOOST_AUTO_TEST_CASE(time_that_really_passes_is_no_jump) {
  Clock clock(0, wall, steady);
  for (int64_t hours = 1; hours < 1'000; hours += 100)
    BOOST_TEST(*clock.now(wall + hours * max_clock_jump_us, steady + hours * max_clock_jump_us) ==
               wall + hours * max_clock_jump_us);
}

BOOST_AUTO_TEST_CASE(the_steady_clock_goes_on) {
  auto first = steady_now_us();
  BOOST_TEST(steady_now_us() >= first);
}
