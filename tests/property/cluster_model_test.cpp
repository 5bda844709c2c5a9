#include "tests/support/cluster_model.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(cluster_model_test)

using namespace catlog::tests;

BOOST_AUTO_TEST_CASE(in_every_order_nothing_acknowledged_is_lost) {
  const auto found = explore({});
  BOOST_TEST_MESSAGE("states: " << found.states);
  BOOST_TEST(found.broken == "");
  for (const char* kind :
       {"all acknowledged", "given up", "trimmed", "a request under way", "all terms", "two believe that they lead",
        "a receipt before its leader's commit", "several batches for one commit"})
    BOOST_TEST(found.reached.contains(kind), "no state is there: " << kind);
}

BOOST_AUTO_TEST_CASE(each_mistake_breaks_what_it_must) {
  const auto broken_by = [](Mistake mistake) {
    const auto found = explore({}, mistake);
    BOOST_TEST_MESSAGE(found.broken);
    return found.broken.substr(0, found.broken.find(':'));
  };
  BOOST_TEST(broken_by(Mistake::append_without_leader) == "a leader knows the head");
  BOOST_TEST(broken_by(Mistake::append_without_head) == "each id once");
  BOOST_TEST(broken_by(Mistake::receipt_before_engine) == "acknowledged is never lost");
  BOOST_TEST(broken_by(Mistake::commit_before_engine) == "LMDB is never ahead");
  BOOST_TEST(broken_by(Mistake::next_over_unknown) == "a leader knows the head");
  BOOST_TEST(broken_by(Mistake::backlog_ids_not_seen) == "each id once");
  BOOST_TEST(broken_by(Mistake::hold_backlog) == "what is trimmed a majority has");
  BOOST_TEST(broken_by(Mistake::doubt_taken_for_no) == "what was given up never happens");
  BOOST_TEST(broken_by(Mistake::trimmed_taken_for_no) == "what was given up never happens");
  BOOST_TEST(broken_by(Mistake::serve_before_catch_up) == "a leader knows the head");
  BOOST_TEST(broken_by(Mistake::new_nonce_each_time) == "what was given up never happens");
  BOOST_TEST(broken_by(Mistake::trim_what_one_has) == "what is trimmed a majority has");
}

BOOST_AUTO_TEST_SUITE_END()
