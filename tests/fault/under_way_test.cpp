#include <boost/test/unit_test.hpp>

#include "commandhandler/state/check_state.h"
#include "events/error.h"
#include "tests/support/command_lines.h"
#include "tests/support/disk/budget.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(under_way_test)

// A batch that was decided while the one before it was made durable, which then found no room.

using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr uint64_t plenty = uint64_t{1} << 40;
constexpr size_t commands = 20;

std::vector<std::string> movies(size_t from) {
  std::vector<std::string> all;
  for (size_t number = from; number < from + commands; ++number) all.push_back(wide_put_movie(number));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_room_for_one_batch_the_next_one_did_not_happen_either) {
  WriteSide side;
  disk::Budget budget{plenty};
  disk::Watching watching{side.directory(), budget};
  side.send_together(movies(1));
  side.settle();
  const auto head = side.log().head();
  BOOST_TEST_REQUIRE(head >= commands);

  budget.leave(0);
  const auto first = side.send_together(movies(100));
  BOOST_TEST((first[0]->verdict == events::Receipt::Verdict::accepted));
  BOOST_CHECK_THROW(side.send_together(movies(200)), events::StorageFull);
  BOOST_TEST(budget.refused() > 0u);
  BOOST_TEST(side.log().head() == head);

  budget.leave(plenty);
  side.flush_state();
  // Both come again, and are as new; the first one's ids were used by nobody.
  for (const size_t from : {size_t{100}, size_t{200}})
    for (const auto& receipt : side.send_together(movies(from))) {
      BOOST_TEST_REQUIRE(receipt.has_value());
      BOOST_TEST((receipt->verdict == events::Receipt::Verdict::accepted));
    }
  side.settle();
  BOOST_TEST(side.log().head() == 3 * head);
  side.flush_state();
  const auto check = commandhandler::check_state(side.log(), side.states(), {});
  BOOST_TEST(!check.difference, check.difference.value_or(""));
}

BOOST_AUTO_TEST_CASE(a_command_that_comes_again_while_its_batch_is_under_way_waits) {
  WriteSide side;
  // Not before the next batch is decided, so that it is surely not there yet.
  side.send_together({wide_put_movie(1)}, commandhandler::Writer::Commit::in_settle);
  const auto again = side.send_together({wide_put_movie(1)});
  BOOST_TEST(!again[0].has_value());
  side.settle();
  const auto head = side.log().head();
  const auto repeated = side.send_together({wide_put_movie(1)});
  BOOST_TEST_REQUIRE(repeated[0].has_value());
  BOOST_TEST(repeated[0]->effect.first == 1u);
  side.settle();
  BOOST_TEST(side.log().head() == head);
}

BOOST_AUTO_TEST_SUITE_END()
