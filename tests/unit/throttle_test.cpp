#include <boost/test/unit_test.hpp>

#include "commandhandler/throttle.h"

BOOST_AUTO_TEST_SUITE(throttle_test)

using catlog::commandhandler::Throttle;

namespace {

constexpr int64_t second_us = 1'000'000;

}  // namespace

BOOST_AUTO_TEST_CASE(a_seconds_worth_at_once_and_then_so_much_a_second) {
  Throttle throttle(1'000);
  int64_t now_us = second_us;
  for (int i = 0; i < 10; ++i) BOOST_TEST(throttle.take("sync", 100, now_us) == 0);
  const int64_t wait_ms = throttle.take("sync", 100, now_us);
  BOOST_TEST(wait_ms > 0);
  BOOST_TEST(throttle.take("other", 100, now_us) == 0);  // each has its own
  BOOST_TEST(throttle.take("sync", 100, now_us + wait_ms * 1'000) == 0);
  size_t taken = 0;
  for (int i = 0; i < 10'000; ++i)
    if (throttle.take("sync", 10, now_us += 1'000) == 0) taken += 10;
  BOOST_TEST(taken <= 11'000u);
  BOOST_TEST(taken >= 9'900u);
}

BOOST_AUTO_TEST_CASE(who_waits_as_long_as_told_is_taken_however_large_the_one_before_was) {
  Throttle throttle(1'000);
  BOOST_TEST(throttle.take("sync", 5'000, second_us) == 0);
  int64_t now_us = second_us, asked = 0;
  for (int64_t wait_ms = 1; wait_ms > 0 && asked < 10; ++asked) {
    wait_ms = throttle.take("sync", 1, now_us);
    now_us += wait_ms * 1'000;
  }
  BOOST_TEST(asked <= 4);
}

BOOST_AUTO_TEST_SUITE_END()
