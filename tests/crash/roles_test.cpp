#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "tests/support/command_lines.h"
#include "tests/support/data_directory.h"
#include "tests/support/kills.h"

BOOST_AUTO_TEST_SUITE(roles_test)

// The four roles as processes of their own: one is killed under load, the others go on, it comes back. Then all are
// killed, in any order, and what must hold is looked at.
using namespace catlog;
using namespace catlog::tests;
using std::chrono::microseconds;
using std::chrono::seconds;

namespace {

constexpr size_t short_form = 20;  // kills; five a round
constexpr size_t many = 12'000;    // commands of one data directory
constexpr size_t window = 16;      // open at a time: a load that lasts
constexpr seconds longest{60};

class Processes {
 public:
  explicit Processes(const DataDirectory& data) : data_(data) {}
  void start(const std::string& role) {
    roles_[role] =
        std::make_unique<Daemon>(CATLOG_BIN "/catlogd", data_.path(), std::vector<std::string>{"--only", role});
  }
  void kill(const std::string& role) { roles_.erase(role); }
  // On its standard error output, so far.
  std::string said(const std::string& role) const { return roles_.at(role)->err(); }

 private:
  const DataDirectory& data_;
  std::map<std::string, std::unique_ptr<Daemon>> roles_;
};

std::vector<std::string> shuffled(Chance& chance) {
  std::vector<std::string> roles{"handler", "state", "projector", "replay", "groups"};
  std::ranges::shuffle(roles, chance.generator());
  return roles;
}

// What the others can do without `killed`.
void check_others(const DataDirectory& data, Producer& producer, const std::string& killed) {
  if (killed != "handler")
    BOOST_TEST_REQUIRE(producer.wait_for(producer.answered() + 30, longest), "nothing is taken without " << killed);
  if (killed != "projector") BOOST_TEST(data.rows("SELECT count(*) AS n FROM movies").size() == 1u);
  if (killed == "handler" || killed == "state") {
    const std::string count = std::to_string(std::min<uint64_t>(data.head(), 50));
    BOOST_TEST(read_lines(data.out_of({"tail", "--from", "1", "--count", count})).size() == std::stoull(count));
  }
}

void round(const DataDirectory& data, Producer& producer, const std::string& victim, Kills& kills) {
  Chance& chance = kills.chance();
  Processes processes(data);
  for (const auto& role : shuffled(chance)) processes.start(role);
  {
    const Load load(producer, data.path());
    BOOST_TEST_REQUIRE(producer.wait_for(producer.answered() + 1 + chance.up_to(200), longest));
    producer.wait_for(SIZE_MAX, microseconds(chance.up_to(3'000)));
    processes.kill(victim);
    kills.add();
    check_others(data, producer, victim);
    processes.start(victim);
    BOOST_TEST_REQUIRE(producer.wait_for(producer.answered() + 30, longest),
                       "no answer after " << victim << " is back: " << processes.said(victim));
    if (chance.up_to(1) == 0) data.rows("SELECT count(*) AS n FROM movies");  // which waits for the projector
    for (const auto& role : shuffled(chance)) processes.kill(role);
    kills.add();  // of all four at once
  }
  kills.check(data.path(), producer);
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_role_killed_alone_comes_back_and_nothing_is_lost) {
  Kills kills("roles", short_form);
  const auto lines = many_commands(many);
  std::optional<DataDirectory> data;
  std::optional<Producer> producer;
  while (!kills.are_over()) {
    for (const auto& victim : shuffled(kills.chance())) {
      if (kills.are_over()) break;
      if (!producer || producer->answered() > many / 2) {
        if (producer) kills.add_acknowledged(producer->answered());
        producer.reset();
        data.emplace(CATLOG_BIN);
        producer.emplace(lines, window);
      }
      BOOST_TEST_MESSAGE("killing " << victim << " at " << producer->answered());
      round(*data, *producer, victim, kills);
    }
  }
  kills.add_acknowledged(producer->answered());
  Daemon whole = data->start();
  BOOST_TEST_REQUIRE((producer->send_rest(data->path(), longest) == Producer::Ended::answered));
  BOOST_TEST(data->catlog({"verify"}).exit_code == 0);
  BOOST_TEST(whole.terminate() == 0);
  kills.check(data->path(), *producer);
}

BOOST_AUTO_TEST_SUITE_END()
