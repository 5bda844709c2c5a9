#include <boost/test/unit_test.hpp>

#include <string>

#include "bin/housekeeping/sweeps.h"

BOOST_AUTO_TEST_SUITE(follower_housekeeping_test)

using namespace catlog::housekeeping;

namespace {

// As a node of a cluster answers that does not write.
struct Elsewhere : Commands {
  Answer send(std::string_view) override {
    ++sent;
    return {Verdict::elsewhere, 0, {}};
  }
  std::string clock_fault() override { return {}; }
  int sent = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_another_machine_does_is_done_at_once_and_said) {
  Elsewhere commands;
  ExpireTokens tokens(commands);
  PurgeAudit audit(commands, {{"INFO", 30}, {"WARNING", 90}});
  for (Task* task : {static_cast<Task*>(&tokens), static_cast<Task*>(&audit)}) {
    commands.sent = 0;
    const auto outcome = task->run(0);
    BOOST_TEST((outcome.end == End::done));
    BOOST_TEST(outcome.words.starts_with("this machine does not write"), outcome.words);
    BOOST_TEST(commands.sent == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
