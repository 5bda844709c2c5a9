// A leader's own log, which takes behind the receipts what the engine has.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/log.h"
#include "tests/support/bus_peers.h"
#include "tests/support/log_records.h"
#include "tests/support/memory_engine.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(local_commits_test)

using namespace catlog::tests;
using namespace catlog::store::engine;
namespace store = catlog::store;

namespace {

// One that leads, and whose thread goes on behind its first commit only when it is told to, or its end comes.
struct Leading {
  Leading() : log(store::Log::open(directory.path(), store::Access::write)) {
    join(engine, log, IfEmpty::begin);
    leadership.emplace(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.frontier());
    own.emplace(log, [this](const LocalCommits::Commit& commit) {
      commits.push_back(commit);
      if (commits.size() == 1) first.set_value(), may_go_on.get_future().wait();
    });
  }
  ~Leading() { go_on(); }
  void commits_once() { BOOST_TEST_REQUIRE((first.get_future().wait_for(long_enough) == std::future_status::ready)); }
  void go_on() {
    if (!std::exchange(goes_on, true)) may_go_on.set_value();
  }
  void write(uint64_t seed) {
    const std::string record = fake_record(10, seed);
    const std::vector<store::Bytes> records{std::as_bytes(std::span(record))};
    own->hand_over(leadership->append(records));
  }

  MemoryEngine engine;
  TemporaryDirectory directory;
  store::Log log;
  std::promise<void> first, may_go_on;
  bool goes_on = false;
  std::vector<LocalCommits::Commit> commits;  // the thread's, until all waited for are there
  std::optional<Leadership> leadership;
  std::optional<LocalCommits> own;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_comes_while_a_commit_lasts_is_the_next_one) {
  Leading leading;
  leading.write(1);
  leading.commits_once();
  for (uint64_t seed = 2; seed < 6; ++seed) leading.write(seed);
  BOOST_TEST(leading.own->durable() == 1u);
  BOOST_TEST(leading.log.head() == 1u);
  BOOST_TEST(leading.leadership->head().size == 5u);
  leading.go_on();
  leading.own->wait_for_all();
  BOOST_TEST(leading.own->durable() == 5u);
  BOOST_TEST((leading.log.snapshot().tree_head() == leading.engine.tip()->head));
  leading.own.reset();
  BOOST_TEST_REQUIRE(leading.commits.size() == 2u);
  BOOST_TEST(leading.commits[1].events == 4u);
  BOOST_TEST(leading.commits[1].durable == 5u);
}

BOOST_AUTO_TEST_CASE(what_was_handed_over_is_committed_before_the_end) {
  Leading leading;
  leading.write(1);
  leading.commits_once();
  for (uint64_t seed = 2; seed < 6; ++seed) leading.write(seed);
  leading.go_on();
  leading.own.reset();
  BOOST_TEST((leading.log.snapshot().tree_head() == leading.engine.tip()->head));
}

BOOST_AUTO_TEST_CASE(it_says_for_how_long_the_oldest_has_waited_and_of_how_many_bytes) {
  Leading leading;
  BOOST_TEST((leading.own->behind() == leading.own->behind().zero()));
  BOOST_TEST(leading.own->waiting_bytes() == 0u);
  leading.write(1);
  leading.commits_once();
  BOOST_TEST((leading.own->behind() == leading.own->behind().zero()));
  const auto begun = std::chrono::steady_clock::now();
  leading.write(2);
  const size_t bytes = leading.own->waiting_bytes();
  leading.write(3);
  BOOST_TEST(leading.own->waiting_bytes() == 2 * bytes);
  const auto behind = leading.own->behind();
  BOOST_TEST((behind > behind.zero() && behind <= std::chrono::steady_clock::now() - begun));
  leading.go_on();
  leading.own->wait_for_all();
  BOOST_TEST((leading.own->behind() == leading.own->behind().zero()));
  BOOST_TEST(leading.own->waiting_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(who_has_too_much_waiting_waits_for_a_commit) {
  Leading leading;
  leading.write(0);
  leading.commits_once();
  for (uint64_t seed = 1; seed < Backlog::max_batches + 1; ++seed) leading.write(seed);
  std::promise<void> is_asking;
  auto durable = std::async(std::launch::async, [&] {
    is_asking.set_value();
    leading.own->wait_for_room();
    return leading.own->durable();
  });
  BOOST_TEST_REQUIRE((is_asking.get_future().wait_for(long_enough) == std::future_status::ready));
  leading.go_on();
  BOOST_TEST_REQUIRE((durable.wait_for(long_enough) == std::future_status::ready));
  BOOST_TEST(durable.get() == Backlog::max_batches + 1);
}

BOOST_AUTO_TEST_CASE(a_backlog_knows_what_is_durable_and_what_has_room) {
  Backlog backlog(7);
  BOOST_TEST(backlog.empty());
  BOOST_TEST(backlog.end() == 7u);
  backlog.add(9, Backlog::max_bytes - 1);
  BOOST_TEST(backlog.has_room());
  backlog.add(12, 1);
  BOOST_TEST(!backlog.has_room());
  BOOST_TEST(backlog.durable() == 7u);
  BOOST_TEST(backlog.end() == 12u);
  backlog.committed(9);
  BOOST_TEST(backlog.has_room());
  BOOST_TEST(backlog.durable() == 9u);
  BOOST_TEST(!backlog.empty());
  for (size_t batch = 1; batch < Backlog::max_batches; ++batch) backlog.add(12 + batch, 1);
  BOOST_TEST(!backlog.has_room());
  backlog.committed(backlog.end());
  BOOST_TEST(backlog.empty());
  BOOST_TEST(backlog.has_room());
}

BOOST_AUTO_TEST_SUITE_END()
