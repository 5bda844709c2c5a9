// A leader's own log, which takes behind the receipts what the engine has.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/log.h"
#include "tests/support/log_records.h"
#include "tests/support/memory_engine.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(local_commits_test)

using namespace catlog::tests;
using namespace catlog::store::engine;
namespace store = catlog::store;

namespace {

// One that leads, and whose thread goes on behind its first commit only when it is told to.
struct Leading {
  Leading() : log(store::Log::open(directory.path(), store::Access::write)) {
    join(engine, log, IfEmpty::begin);
    leadership.emplace(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.frontier());
    own.emplace(log, [this](const LocalCommits::Commit& commit) {
      commits.push_back(commit);
      if (commits.size() == 1) first.set_value(), go_on.get_future().wait();
    });
  }
  void write(uint64_t seed) {
    const std::string record = fake_record(10, seed);
    const std::vector<store::Bytes> records{std::as_bytes(std::span(record))};
    own->hand_over(leadership->append(records));
  }

  MemoryEngine engine;
  TemporaryDirectory directory;
  store::Log log;
  std::promise<void> first, go_on;
  std::vector<LocalCommits::Commit> commits;  // the thread's, until all waited for are there
  std::optional<Leadership> leadership;
  std::optional<LocalCommits> own;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_comes_while_a_commit_lasts_is_the_next_one) {
  Leading leading;
  leading.write(1);
  leading.first.get_future().wait();
  for (uint64_t seed = 2; seed < 6; ++seed) leading.write(seed);
  BOOST_TEST(leading.own->durable() == 1u);
  BOOST_TEST(leading.log.head() == 1u);
  BOOST_TEST(leading.leadership->head().size == 5u);
  leading.go_on.set_value();
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
  leading.first.get_future().wait();
  for (uint64_t seed = 2; seed < 6; ++seed) leading.write(seed);
  leading.go_on.set_value();
  leading.own.reset();
  BOOST_TEST((leading.log.snapshot().tree_head() == leading.engine.tip()->head));
}

BOOST_AUTO_TEST_CASE(who_has_too_much_waiting_waits_for_a_commit) {
  Leading leading;
  leading.write(0);
  leading.first.get_future().wait();
  for (uint64_t seed = 1; seed < Backlog::max_batches + 1; ++seed) leading.write(seed);
  std::promise<void> is_asking;
  auto durable = std::async(std::launch::async, [&] {
    is_asking.set_value();
    leading.own->wait_for_room();
    return leading.own->durable();
  });
  is_asking.get_future().wait();
  leading.go_on.set_value();
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
