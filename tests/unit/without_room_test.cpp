#include "commandhandler/without_room.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(without_room_test)

using namespace catlog;
using commandhandler::LongestWithoutRoom;
using commandhandler::WithoutRoom;
using std::chrono::milliseconds;

namespace {

constexpr uint64_t reserve = 100;
constexpr LongestWithoutRoom longest{.had_room = milliseconds(1), .never_had = milliseconds(3)};

bool is_too_long_after(WithoutRoom& room, uint64_t free, int64_t us) {
  room.see(free, reserve, us);
  return room.is_too_long(longest);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_leader_that_had_room_gives_up_soon) {
  WithoutRoom room;
  BOOST_TEST(!is_too_long_after(room, 2 * reserve, 0));
  BOOST_TEST(!is_too_long_after(room, reserve - 1, 1'000));
  BOOST_TEST(!is_too_long_after(room, reserve - 1, 2'000));
  BOOST_TEST(is_too_long_after(room, reserve - 1, 2'001));
  BOOST_TEST(!is_too_long_after(room, reserve, 2'002));
  BOOST_TEST(!is_too_long_after(room, reserve - 1, 9'000));  // from now on
  BOOST_TEST(is_too_long_after(room, 0, 10'001));
}

BOOST_AUTO_TEST_CASE(one_that_never_had_it_gives_up_late_though_it_came_and_went) {
  WithoutRoom room;
  BOOST_TEST(!is_too_long_after(room, 0, 0));
  BOOST_TEST(!is_too_long_after(room, 0, 3'000));
  BOOST_TEST(is_too_long_after(room, 0, 3'001));
  BOOST_TEST(!is_too_long_after(room, 2 * reserve - 1, 4'000));
  BOOST_TEST(!is_too_long_after(room, reserve - 1, 5'000));
  BOOST_TEST(!is_too_long_after(room, reserve - 1, 8'000));
}

BOOST_AUTO_TEST_CASE(who_has_more_room_stands_sooner) {
  BOOST_TEST((commandhandler::stands_after(2 * reserve, reserve) == milliseconds(0)));
  BOOST_TEST((commandhandler::stands_after(reserve, reserve) > milliseconds(0)));
  BOOST_TEST((commandhandler::stands_after(reserve - 1, reserve) > commandhandler::stands_after(reserve, reserve)));
  BOOST_TEST((commandhandler::stands_after(0, 0) == milliseconds(0)));  // --min-free-bytes 0
}

BOOST_AUTO_TEST_SUITE_END()
