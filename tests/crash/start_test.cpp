#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <optional>

#include "tests/support/command_lines.h"
#include "tests/support/data_directory.h"
#include "tests/support/kills.h"

BOOST_AUTO_TEST_SUITE(start_test)

// A start that is killed on its way: on an empty directory, on a whole one, and where state or read model has to be
// made again.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr size_t short_form = 4;  // kills at work, each after some at a start
constexpr size_t many = 4'000;    // commands of one data directory
constexpr size_t starts_a_round = 3;
constexpr milliseconds patience{60'000};

// Starts and kills some times, somewhere on the way to being ready, which took `usual` the last time.
void start_in_vain(const DataDirectory& data, milliseconds usual, Kills& kills) {
  for (size_t i = 0; i < starts_a_round; ++i) {
    const milliseconds limit(1 + kills.chance().up_to(static_cast<uint64_t>(usual.count())));
    if (run({CATLOG_BIN "/catlogd", "--data", data.path().string()}, {}, limit).exit_code == -SIGKILL)
      kills.add_at_start();
  }
}

// Takes away what the next start must make again.
void remove_some(const DataDirectory& data, Chance& chance) {
  const auto what = chance.up_to(3);
  if (what == 1 || what == 3) fs::remove_all(data / "state");
  if (what == 2 || what == 3) fs::remove_all(data / "readmodel");
}

}  // namespace

BOOST_AUTO_TEST_CASE(killed_on_its_way_to_being_ready_the_next_start_finds_all_of_it) {
  Kills kills("start", short_form);
  const auto lines = many_commands(many);
  milliseconds usual_empty{50}, usual_full{50};
  while (!kills.are_over()) {
    const DataDirectory data(CATLOG_BIN);
    Producer producer(lines);
    for (size_t round = 0; round < 4 && !kills.are_over(); ++round) {
      if (round > 0) remove_some(data, kills.chance());
      milliseconds& usual = round == 0 ? usual_empty : usual_full;
      start_in_vain(data, usual, kills);
      const auto begun = steady_clock::now();
      Daemon daemon = data.start();
      usual = duration_cast<milliseconds>(steady_clock::now() - begun);
      const size_t when = producer.answered() + 1 + kills.chance().up_to(many / 5);
      BOOST_TEST_REQUIRE((producer.send_rest(data.path(), patience, [&] { return producer.answered() >= when; }) !=
                          Producer::Ended::silent));
      daemon.kill();
      kills.add();
      kills.check(data.path(), producer);
    }
    kills.add_acknowledged(producer.answered());
  }
}

BOOST_AUTO_TEST_SUITE_END()
