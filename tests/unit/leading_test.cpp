// A node that follows, and one that leads, over an engine in memory.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "commandhandler/handler.h"
#include "commandhandler/standby.h"
#include "events/digest.h"
#include "events/error.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/log.h"
#include "tests/support/bus_peers.h"
#include "tests/support/leading_node.h"
#include "tests/support/log_records.h"
#include "tests/support/memory_engine.h"

BOOST_AUTO_TEST_SUITE(leading_test)

using namespace catlog::tests;
using namespace catlog::store::engine;
namespace commandhandler = catlog::commandhandler;
namespace events = catlog::events;
namespace store = catlog::store;

namespace {

constexpr int turns = 30;

// As the writer does it.
void write(Leadership& leadership, LocalCommits& own, uint64_t seed) {
  const std::string record = fake_record(10, seed);
  const std::vector<store::Bytes> records{std::as_bytes(std::span(record))};
  own.hand_over(leadership.append(records));
}

// Whenever it is asked for a batch there is one more.
struct Busy : MemoryEngine {
  std::vector<Batch> read_nearest(events::Position from, size_t max_bytes) override {
    one_more();
    return MemoryEngine::read_nearest(from, max_bytes);
  }
  std::function<void()> one_more = [] {};
};

}  // namespace

// However slow a machine is, so long these take at least.
BOOST_AUTO_TEST_CASE(a_follower_rests_after_each_taking) {
  Busy engine;
  NodeFolder leaders, followers;
  auto log = store::Log::open(leaders.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  Leadership leadership(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.frontier());
  LocalCommits leaders_own(log, [](const LocalCommits::Commit&) {});
  events::Stop stop;
  int asked = 0;
  engine.one_more = [&] {
    if (++asked == turns) stop.set();
    write(leadership, leaders_own, static_cast<uint64_t>(asked));
  };
  auto own = store::Log::open(followers.data().log(), store::Access::write);
  join(engine, own, IfEmpty::refuse);
  zmq::context_t context;
  commandhandler::Front front(context, {followers.data()});
  commandhandler::Standby standby(own, engine, Member{"b", "tcp://b"}, front, [](auto, const std::string&) {});
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST((standby.run(stop) == nullptr));
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= (turns - 1) * commandhandler::rest_after_taking));
  BOOST_TEST(own.head() == static_cast<events::Position>(turns));
}

// Else nobody leads for the time of a lease, and each time that it is started again.
BOOST_AUTO_TEST_CASE(who_was_elected_and_cannot_go_on_resigns) {
  struct Quiet : MemoryEngine {  // its rings come late
    Term elect(const std::string& node, const std::string& endpoint) override {
      return has_elected = true, MemoryEngine::elect(node, endpoint);
    }
    bool may_have(events::Position) override { return has_elected; }
    bool has_elected = false;
  } engine;
  NodeFolder leaders, followers;
  auto log = store::Log::open(leaders.data().log(), store::Access::write);
  auto own = store::Log::open(followers.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  join(engine, own, IfEmpty::refuse);
  append(own, 0, {fake_record(10, 1)});  // behind the engine's back, as one machine would
  {
    const auto term = engine.MemoryEngine::elect("a", "tcp://a");
    Leadership leadership(engine, Member{"a", "tcp://a"}, term, log.frontier());
    const FakeRecords records{fake_record(10, 2), fake_record(10, 3)};
    std::vector<store::Bytes> bytes;
    for (const std::string& record : records) bytes.push_back(std::as_bytes(std::span(record)));
    leadership.append(bytes);
    leadership.resign();
  }
  zmq::context_t context;
  commandhandler::Front front(context, {followers.data()});
  commandhandler::Standby standby(own, engine, Member{"b", "tcp://b"}, front, [](auto, const std::string&) {});
  events::Stop stop;
  BOOST_CHECK_EXCEPTION(standby.run(stop), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::damaged; });
  BOOST_TEST(engine.has_elected);
  BOOST_TEST(!engine.leader().has_value());
}

namespace {

// While it lives nobody writes to the log.
class HeldLog {
 public:
  explicit HeldLog(store::Log& log) {
    std::promise<void> is_held;
    thread_ = std::thread([this, &log, &is_held] {
      const std::string record = fake_record(10, 1);
      const std::vector<store::Bytes> records{std::as_bytes(std::span(record))};
      try {
        log.append(log.head(), records, [&](const events::TreeHead&) {
          is_held.set_value();
          let_go_.get_future().wait();
          throw NothingIsWritten();
        });
      } catch (const NothingIsWritten&) {
      }
    });
    is_held.get_future().wait();
  }
  ~HeldLog() {
    let_go_.set_value();
    thread_.join();
  }
  HeldLog(const HeldLog&) = delete;

 private:
  struct NothingIsWritten {};
  std::promise<void> let_go_;
  std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_leader_answers_what_comes_again_with_the_same_receipt) {
  LeadingNode leader;
  Running<commandhandler::Handler> running(*leader.handler);
  std::string receipt;
  for (int number = 0; number < turns; ++number) {
    const auto command = numbered_genre(number, number + 1 == turns ? WantsHead::yes : WantsHead::no);
    receipt = leader.ask(command);
    BOOST_TEST(receipt.find("\"accepted\"") != std::string::npos, receipt);
    BOOST_TEST(leader.ask(command) == receipt);
  }
  const auto tip = leader.engine.tip();
  BOOST_TEST(tip->head.size == static_cast<events::Position>(turns));
  BOOST_TEST(receipt.find(events::hex(tip->head.root)) != std::string::npos, receipt);
  running.stop();
  BOOST_TEST((leader.log.snapshot().tree_head() == tip->head));
}

BOOST_AUTO_TEST_CASE(a_receipt_waits_for_the_engine_and_not_for_the_leaders_own_log) {
  LeadingNode leader;
  Running<commandhandler::Handler> running(*leader.handler);
  std::string first, last;
  {
    const HeldLog held(leader.log);
    for (int number = 0; number < turns; ++number) {
      last = leader.ask(numbered_genre(number, WantsHead::yes));
      BOOST_TEST(last.find("\"accepted\"") != std::string::npos, last);
      if (number == 0) first = last;
    }
    BOOST_TEST(leader.log.head() == 0u);
    // Its answer is in the log, and waits for it.
    leader.tell(numbered_genre(0, WantsHead::yes));
  }
  const auto tip = leader.engine.tip();
  BOOST_TEST(tip->head.size == static_cast<events::Position>(turns));
  BOOST_TEST(last.find(events::hex(tip->head.root)) != std::string::npos, last);
  const auto positions = [](const std::string& receipt) { return receipt.substr(0, receipt.find("\"head\"") - 1); };
  BOOST_TEST(positions(leader.hear()) == positions(first));
  running.stop();
  BOOST_TEST((leader.log.snapshot().tree_head() == tip->head));
}

BOOST_AUTO_TEST_SUITE_END()
