// A node that follows, and one that leads, over an engine in memory.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "commandhandler/handler.h"
#include "commandhandler/standby.h"
#include "events/bus/limits.h"
#include "events/digest.h"
#include "events/error.h"
#include "projector/groups/group_messages.h"
#include "projector/groups/groups_loop.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/log.h"
#include "tests/support/bus_peers.h"
#include "tests/support/held_log.h"
#include "tests/support/leading_node.h"
#include "tests/support/log_records.h"
#include "tests/support/memory_engine.h"

BOOST_AUTO_TEST_SUITE(leading_test)

using namespace catlog::tests;
using namespace catlog::store::engine;
namespace commandhandler = catlog::commandhandler;
namespace events = catlog::events;
namespace projector = catlog::projector;
namespace store = catlog::store;

namespace {

constexpr int turns = 30;
constexpr std::chrono::milliseconds a_while{500};  // for what must not come, and would at once

bool comes_true(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + long_enough;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

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

bool is_accepted(const std::string& receipt) { return receipt.find("\"accepted\"") != std::string::npos; }

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

// The next full batch is with the engine, or in it already, when the receipts of this one are made.
BOOST_AUTO_TEST_CASE(the_head_of_a_receipt_is_that_of_its_own_batch) {
  constexpr size_t unanswered = events::commands_unanswered;
  LeadingNode leader;
  Running<commandhandler::Handler> running(*leader.handler);
  std::vector<std::string> receipts;
  for (size_t number = 0; number < 3 * unanswered; ++number) {
    if (number >= unanswered) receipts.push_back(leader.hear());
    leader.tell(numbered_genre(static_cast<int>(number), WantsHead::yes));
  }
  while (receipts.size() < 3 * unanswered) receipts.push_back(leader.hear());
  running.stop();
  const auto log = leader.log.snapshot();
  BOOST_TEST((log.tree_head() == leader.engine.tip()->head));
  events::Position position = 0;
  for (const std::string& receipt : receipts) {
    ++position;
    const std::string begin = R"("head":{"size":)";
    const size_t at = receipt.find(begin);
    BOOST_TEST_REQUIRE((is_accepted(receipt) && at != std::string::npos), receipt);
    const events::Position size = std::stoull(receipt.substr(at + begin.size()));
    BOOST_TEST_REQUIRE((size >= position && size < position + commandhandler::max_batch_commands_drained), receipt);
    BOOST_TEST_REQUIRE(receipt.find(events::hex(log.tree_head(size).root)) != std::string::npos, receipt);
  }
}

BOOST_AUTO_TEST_CASE(a_leader_with_as_many_batches_behind_as_may_be_waits_for_its_log_and_goes_on) {
  LeadingNode leader;
  Running<commandhandler::Handler> running(*leader.handler);
  {
    const HeldLog held(leader.log);
    for (size_t number = 0; number < Backlog::max_batches; ++number)
      BOOST_TEST_REQUIRE(is_accepted(leader.ask(numbered_genre(static_cast<int>(number)))));
    leader.tell(numbered_genre(Backlog::max_batches));
    BOOST_TEST(receive(*leader.producer, a_while).empty());
    BOOST_TEST(leader.acknowledged() == Backlog::max_batches);
    BOOST_TEST(leader.log.head() == 0u);
  }
  BOOST_TEST(is_accepted(leader.hear()));
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(Backlog::max_batches + 1))));
  running.stop();
  BOOST_TEST(leader.log.head() == Backlog::max_batches + 2);
  BOOST_TEST((leader.log.snapshot().tree_head() == leader.engine.tip()->head));
}

BOOST_AUTO_TEST_CASE(who_leads_no_more_commits_what_was_acknowledged) {
  LeadingNode leader;
  {
    Running<commandhandler::Handler> running(*leader.handler);
    const HeldLog held(leader.log);
    for (int number = 0; number < turns; ++number) BOOST_TEST_REQUIRE(is_accepted(leader.ask(numbered_genre(number))));
    leader.engine.depose();
    leader.tell(numbered_genre(turns));
    BOOST_CHECK_THROW(running.wait(), LeadLost);
    BOOST_TEST(leader.log.head() == 0u);
  }
  leader.handler.reset();
  BOOST_TEST(leader.log.head() == static_cast<events::Position>(turns));
  BOOST_TEST((leader.log.snapshot().tree_head() == leader.engine.tip()->head));
}

BOOST_AUTO_TEST_CASE(a_group_begins_behind_a_receipt_when_the_log_has_come_so_far) {
  using projector::GroupsLoop;
  LeadingNode leader;
  Running<commandhandler::Handler> running(*leader.handler);
  GroupsLoop groups(leader.log, leader.folder.data(), leader.context, {}, {}, GroupsLoop::LogEnds::others_may_be_ahead);
  Running<GroupsLoop> serving(groups);
  const auto connect = [&](const char* socket) {
    return events::connect_socket(leader.context, zmq::socket_type::dealer,
                                  events::endpoint_in(leader.folder.data(), socket));
  };
  auto member = connect("groups.ipc"), its_operator = connect("groups-operator.ipc");
  {
    const HeldLog held(leader.log);
    for (int number = 0; number < 2; ++number) BOOST_TEST_REQUIRE(is_accepted(leader.ask(numbered_genre(number))));
    send(member, {"1", "j", R"({"join":{"name":"behind","member":"m","from":3}})"});
    BOOST_TEST(receive(member, a_while).empty());
  }
  const auto joined = receive(member);
  BOOST_TEST_REQUIRE(joined.size() == 3u);
  BOOST_TEST(joined[2].find(R"("cursor":2)") != std::string::npos, joined[2]);
  {
    const HeldLog held(leader.log);
    BOOST_TEST_REQUIRE(is_accepted(leader.ask(numbered_genre(2))));
    send(its_operator, {"1", "j", projector::write_group_order({projector::GroupOrder::Kind::reset, "behind", {}, 4})});
    BOOST_TEST(receive(its_operator, a_while).empty());
  }
  const auto reset = receive(its_operator);
  BOOST_TEST_REQUIRE(reset.size() == 3u);
  BOOST_TEST(reset[2].find("done") != std::string::npos, reset[2]);
  send(member, {"2", "j", R"({"join":{"name":"behind","member":"m"}})"});
  BOOST_TEST(receive(member).at(2).find(R"("cursor":3)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_leader_whose_log_stays_behind_stands_in_a_long_commit_though_nothing_comes) {
  LeadingNode leader(std::chrono::milliseconds(0));
  const auto& heartbeat = leader.handler->counters().heartbeat;
  const auto& writer = leader.handler->front().numbers->writer;
  Running<commandhandler::Handler> running(*leader.handler);
  {
    const HeldLog held(leader.log);
    leader.ask(numbered_genre(0));
    const uint64_t beats = heartbeat.beats();
    // One beat more may be of the step that the receipt was sent in.
    BOOST_TEST_REQUIRE(comes_true([&] { return heartbeat.beats() >= beats + 2 && heartbeat.may_take_long(); }));
    leader.tell(numbered_genre(1));
    BOOST_TEST(receive(*leader.producer, a_while).empty());
    BOOST_TEST(leader.acknowledged() == 1u);
    BOOST_TEST(writer.acknowledged.read() == 1u);
    BOOST_TEST(writer.position.read() == 0u);
  }
  BOOST_TEST(is_accepted(leader.hear()));
  running.stop();
  BOOST_TEST(!heartbeat.may_take_long());
  BOOST_TEST(leader.log.head() == 2u);
  BOOST_TEST(comes_true([&] { return writer.position.read() == 2; }));  // counted behind the commit
}

BOOST_AUTO_TEST_SUITE_END()
