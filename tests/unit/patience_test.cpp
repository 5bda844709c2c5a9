#include "events/patience.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(patience_test)

using catlog::events::Silence;
using std::chrono::milliseconds;
using std::chrono::seconds;

BOOST_AUTO_TEST_CASE(what_passes_between_two_looks_counts_a_second_at_most) {
  const Silence::Clock::time_point begun{};
  Silence silence(seconds(3));
  silence.begin(begun);
  silence.look(begun + milliseconds(500));
  silence.look(begun + seconds(3'600));  // it was stopped
  BOOST_TEST(!silence.is_too_long());
  BOOST_TEST((silence.step() == seconds(1)));
  silence.look(begun + seconds(3'601));
  BOOST_TEST(!silence.is_too_long());
  BOOST_TEST((silence.step() == milliseconds(500)));
  silence.look(begun + milliseconds(3'601'500));
  BOOST_TEST(silence.is_too_long());
  BOOST_TEST((silence.step() == milliseconds(0)));
  silence.begin(begun + seconds(4'000));
  BOOST_TEST(!silence.is_too_long());
}

BOOST_AUTO_TEST_SUITE_END()
