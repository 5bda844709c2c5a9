#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "events/bus/bell.h"
#include "events/client/wait_for.h"
#include "projector/feed/replay.h"
#include "tests/support/bus_peers.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(waiting_test)

using namespace catlog;
using namespace catlog::tests;
using events::Encoding;
using events::schema::ReplayAnswer;
using projector::Position;
using projector::ReplayLoop;
using std::chrono::milliseconds;

namespace {

// A replay socket, and a projector that is where it is put.
struct Waiting {
  TemporaryDirectory data;
  zmq::context_t context;
  store::Log log = store::Log::open(data / "log", store::Access::write);
  std::atomic<Position> projected = 0;  // up to which SQL has the log
  std::optional<projector::OtherNodes> other_nodes;
  ReplayLoop loop{log, data.path(), context, [this] { return projected.load(); }, {}, {}, other_nodes};
  events::Bell projected_bell{context, endpoint("bell-projected.ipc")};
  Running<ReplayLoop> running{loop};
  zmq::socket_t peer = connected();

  explicit Waiting(std::optional<projector::OtherNodes> told) : other_nodes(std::move(told)) {
    small_catalogue().append_to(log);
  }
  Waiting() : Waiting(std::nullopt) {}
  std::string endpoint(const char* name) const { return events::endpoint_in(data.path(), name); }
  zmq::socket_t connected() {
    return events::connect_socket(context, zmq::socket_type::dealer, endpoint("replay.ipc"));
  }
  std::string ask(zmq::socket_t& from, const std::string& body) {
    send(from, {"tag", "j", body});
    const auto frames = receive(from);
    BOOST_TEST_REQUIRE(frames.size() == 3u);
    return frames[2];
  }
  // When it is answered, all that was asked before has arrived.
  void has_arrived(zmq::socket_t& from) {
    BOOST_TEST((*Parsed<ReplayAnswer>(ask(from, R"({"status":null})"), Encoding::json)).isStatus());
  }
  // As the projector does when it has committed.
  void project(Position position) {
    projected = position;
    projected_bell.ring();
  }
  void wait_for(zmq::socket_t& from, Position position, int within_ms = 30'000) {
    send(from, {"tag", "j", fmt::format(R"({{"waitFor":{{"position":{},"withinMs":{}}}}})", position, within_ms)});
  }
  // Whether the next answer says that SQL has what was waited for.
  bool is_there(zmq::socket_t& from) {
    const auto frames = receive(from);
    BOOST_TEST_REQUIRE(frames.size() == 3u);
    Parsed<ReplayAnswer> answer(frames[2], Encoding::json);
    BOOST_TEST_REQUIRE((*answer).isWaited(), frames[2]);
    BOOST_TEST((*answer).getWaited().getPosition() == projected.load());
    BOOST_TEST(std::string((*answer).getWaited().getLogId().cStr()) == log.id());
    return (*answer).getWaited().getIsThere();
  }
  uint64_t waiting() const { return loop.counters().waiting.read(); }
};

// The others of a cluster: up to where their log goes, and who asked for it.
struct Others {
  std::atomic<Position> latest = 0;  // 0: nobody knows
  std::atomic<int> asked = 0;
};

struct Node : Others, Waiting {
  Node()
      : Waiting(projector::OtherNodes{[this]() -> std::optional<Position> {
          ++asked;
          const Position found = latest;
          return found == 0 ? std::nullopt : std::optional(found);
        }}) {}
  void wait_for_latest() { send(peer, {"tag", "j", R"({"waitFor":{"latest":true,"withinMs":30000}})"}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(waiting, Waiting)

BOOST_AUTO_TEST_CASE(who_waits_for_a_position_is_answered_when_sql_has_it) {
  wait_for(peer, 2);
  wait_for(peer, 1);
  has_arrived(peer);  // and holds up nobody
  BOOST_TEST(waiting() == 2u);
  project(1);
  BOOST_TEST(is_there(peer));
  BOOST_TEST(waiting() == 1u);
  project(3);
  BOOST_TEST(is_there(peer));
  wait_for(peer, 3, 0);
  BOOST_TEST(is_there(peer));
  BOOST_TEST(waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(who_waits_too_long_is_told_how_far_sql_is) {
  project(1);
  for (const int within_ms : {0, 20}) {
    wait_for(peer, 2, within_ms);
    BOOST_TEST(!is_there(peer));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_come_is_not_waited_for) {
  const auto words = [&](const std::string& members) {
    Parsed<ReplayAnswer> answer(ask(peer, R"({"waitFor":{)" + members + "}}"), Encoding::json);
    BOOST_TEST_REQUIRE((*answer).isRefused(), members);
    return std::string((*answer).getRefused().cStr());
  };
  BOOST_TEST(words("\"position\":" + std::to_string(log.head() + 1)).starts_with("/waitFor/position: log " + log.id()));
  BOOST_TEST(words("\"position\":1,\"logId\":\"another\"").starts_with("/waitFor/logId: this is log " + log.id()));
  BOOST_TEST(words("\"position\":1,\"withinMs\":30001").starts_with("/waitFor/withinMs: at most 30000"));
  BOOST_TEST(words("\"position\":-1").starts_with("/waitFor/position"));
  BOOST_TEST(words("\"until\":1").starts_with("/waitFor/until"));
  BOOST_TEST(waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(no_more_wait_than_may_and_one_more_is_answered_at_once) {
  for (int i = 0; i < projector::replays_unanswered; ++i) wait_for(peer, 1);
  wait_for(peer, 1);
  BOOST_TEST(!is_there(peer));
  std::vector<zmq::socket_t> others;
  for (size_t count = projector::replays_unanswered; count < events::max_waiters; ++count) {
    if (count % projector::replays_unanswered == 0) others.push_back(connected());
    wait_for(others.back(), 1);
  }
  auto last = connected();
  for (auto& other : others) has_arrived(other);
  BOOST_TEST(waiting() == events::max_waiters);
  wait_for(last, 1);
  BOOST_TEST(!is_there(last));
  project(1);
  for (auto& other : others)
    for (int i = 0; i < projector::replays_unanswered; ++i) BOOST_TEST(is_there(other));
}

BOOST_AUTO_TEST_CASE(without_others_the_latest_is_what_this_log_holds) {
  project(log.head() - 1);
  send(peer, {"tag", "j", R"({"waitFor":{"latest":true,"withinMs":30000}})"});
  has_arrived(peer);
  BOOST_TEST(waiting() == 1u);
  project(log.head());
  BOOST_TEST(is_there(peer));
  Parsed<ReplayAnswer> answer(ask(peer, R"({"waitFor":{"latest":true,"position":1}})"), Encoding::json);
  BOOST_TEST((*answer).isRefused());
}

BOOST_AUTO_TEST_CASE(who_waits_is_told_when_the_daemon_ends) {
  wait_for(peer, 1);
  has_arrived(peer);
  running.stop();
  BOOST_TEST(!is_there(peer));
  BOOST_TEST(waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(the_client_waits_until_sql_has_a_position) {
  const events::WaitOptions options{
      .replay_endpoint = endpoint("replay.ipc"), .log_id = log.id(), .within = long_enough};
  auto waited = std::async(std::launch::async, [&] { return events::wait_for(2, options); });
  while (waiting() == 0) std::this_thread::yield();
  project(2);
  const auto found = waited.get();
  BOOST_TEST(found.is_there);
  BOOST_TEST(found.position == 2u);
  auto soon = options;
  soon.within = milliseconds(20);
  BOOST_TEST(!events::wait_for(3, soon).is_there);
  BOOST_CHECK_EXCEPTION(events::wait_for(log.head() + 1, options), events::Failure,
                        [](const auto& failure) { return failure.code() == events::Exit::refused; });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(of_a_cluster, Node)

BOOST_AUTO_TEST_CASE(what_only_others_have_yet_is_waited_for) {
  wait_for(peer, log.head() + 5);
  has_arrived(peer);
  BOOST_TEST(waiting() == 1u);
  project(log.head() + 5);  // as if it had come
  BOOST_TEST(is_there(peer));
}

BOOST_AUTO_TEST_CASE(the_latest_is_what_the_others_say_after_they_were_asked) {
  project(log.head());
  latest = log.head() + 2;
  wait_for_latest();
  while (waiting() == 0) std::this_thread::yield();
  project(log.head() + 2);
  BOOST_TEST(is_there(peer));
  wait_for_latest();
  BOOST_TEST(is_there(peer));
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(where_nobody_knows_the_latest_it_is_not_there) {
  project(log.head());
  wait_for_latest();
  BOOST_TEST(!is_there(peer));
}

BOOST_AUTO_TEST_CASE(a_cursor_that_is_ahead_of_this_node_is_no_lost_one) {
  const auto chunk = [&](Position from) {
    return ask(
        peer,
        fmt::format(R"({{"read":{{"from":{},"logId":"{}","lastCommandId":"01941f2c-5e48-7124-83c6-c264d1f2e95d"}}}})",
                    from, log.id()));
  };
  Parsed<ReplayAnswer> ahead(chunk(log.head() + 7), Encoding::json);
  BOOST_TEST_REQUIRE((*ahead).isChunk());
  BOOST_TEST((*ahead).getChunk().getNext() == log.head() + 7);
  BOOST_TEST((*ahead).getChunk().getAtHead());
  Parsed<ReplayAnswer> other(chunk(log.head()), Encoding::json);
  BOOST_TEST((*other).isRefused());  // here another command is in front of it
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
