// A node that follows, and one that leads, over an engine in memory.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/handler.h"
#include "commandhandler/standby.h"
#include "events/bus/sockets.h"
#include "events/digest.h"
#include "events/error.h"
#include "store/engine/follow.h"
#include "store/engine/steps.h"
#include "store/engine/write_behind.h"
#include "tests/support/bus_peers.h"
#include "tests/support/log_records.h"
#include "tests/support/memory_engine.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(leading_test)

using namespace catlog::tests;
using namespace catlog::store::engine;
namespace commandhandler = catlog::commandhandler;
namespace events = catlog::events;
namespace store = catlog::store;

namespace {

constexpr int turns = 30;

void write(Leadership& leadership, WriteBehind& behind, uint64_t seed) {
  const std::string record = fake_record(10, seed);
  const std::vector<store::Bytes> records{std::as_bytes(std::span(record))};
  behind.take(leadership.append(behind.grow(records), records));
}

struct Folder {
  Folder() { std::filesystem::create_directories(data().run()); }
  events::DataDirectory data() const { return directory.path(); }
  TemporaryDirectory directory;
};

// Whenever it is asked for a batch there is one more.
struct Busy : MemoryEngine {
  std::vector<Batch> read_nearest(events::Position from, size_t max_bytes) override {
    one_more();
    return MemoryEngine::read_nearest(from, max_bytes);
  }
  std::function<void()> one_more = [] {};
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_the_engine_took_during_a_commit_is_the_next_one) {
  MemoryEngine engine;
  Folder leaders, followers;
  auto log = store::Log::open(leaders.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  Leadership leadership(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.snapshot().tree_head());
  std::promise<void> go_on;
  std::atomic<int> commits = 0;
  WriteBehind behind(log, [&, wait = go_on.get_future().share()] {
    ++commits;
    wait.wait();
  });
  write(leadership, behind, 1);
  while (commits == 0) std::this_thread::yield();
  for (uint64_t seed = 2; seed < 6; ++seed) write(leadership, behind, seed);
  BOOST_TEST(engine.tip()->head.size == 5u);  // before its own log has it
  BOOST_TEST(log.head() == 1u);
  go_on.set_value();
  behind.catch_up();
  BOOST_TEST(commits == 2);
  BOOST_TEST(behind.durable() == 5u);
  BOOST_TEST((log.snapshot().tree_head() == engine.tip()->head));
  auto own = store::Log::open(followers.data().log(), store::Access::write);
  join(engine, own, IfEmpty::refuse);
  Following following(engine, own);
  while (following.take() > 0) {
  }
  BOOST_TEST(scan(own.snapshot()) == scan(log.snapshot()));
}

BOOST_AUTO_TEST_CASE(a_leader_hears_what_its_own_log_could_not_do) {
  MemoryEngine engine;
  Folder folder;
  auto log = store::Log::open(folder.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  Leadership leadership(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.snapshot().tree_head());
  WriteBehind behind(log, [] {});
  write(leadership, behind, 1);
  behind.catch_up();
  std::filesystem::resize_file(folder.data().log() / "data.mdb", 4'096);
  write(leadership, behind, 2);
  const auto is_cut = [](const events::Failure& failure) {
    return std::string(failure.what()).find("was cut short") != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(behind.catch_up(), events::Failure, is_cut);
  BOOST_CHECK_EXCEPTION(behind.check(), events::Failure, is_cut);
  BOOST_CHECK_EXCEPTION(write(leadership, behind, 3), events::Failure, is_cut);
}

// However slow a machine is, so long these take at least.
BOOST_AUTO_TEST_CASE(a_follower_rests_after_each_commit) {
  Busy engine;
  Folder leaders, followers;
  auto log = store::Log::open(leaders.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  Leadership leadership(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.snapshot().tree_head());
  WriteBehind behind(log, [] {});
  events::Stop stop;
  int asked = 0;
  engine.one_more = [&] {
    if (++asked == turns) stop.set();
    write(leadership, behind, static_cast<uint64_t>(asked));
  };
  auto own = store::Log::open(followers.data().log(), store::Access::write);
  join(engine, own, IfEmpty::refuse);
  zmq::context_t context;
  commandhandler::Front front(context, {followers.data()});
  commandhandler::Standby standby(own, engine, Member{"b", "tcp://b"}, front, [](auto, const std::string&) {});
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST((standby.run(stop) == nullptr));
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= (turns - 1) * rest_after_commit));
  BOOST_TEST(own.head() == static_cast<events::Position>(turns));
}

BOOST_AUTO_TEST_CASE(a_leaders_log_rests_after_each_commit) {
  MemoryEngine engine;
  Folder folder;
  auto log = store::Log::open(folder.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  Leadership leadership(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.snapshot().tree_head());
  std::atomic<int> commits = 0;
  std::promise<void> done;
  std::function<void()> one_more;
  WriteBehind behind(log, [&] {
    if (++commits == turns) return done.set_value();
    one_more();
  });
  one_more = [&] { write(leadership, behind, 1); };
  const auto begun = std::chrono::steady_clock::now();
  one_more();
  BOOST_TEST((done.get_future().wait_for(long_enough) == std::future_status::ready));
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= (turns - 1) * rest_after_commit));
}

// What comes again may find its batch with the engine, and not in the log yet.
BOOST_AUTO_TEST_CASE(a_leader_answers_what_comes_again_with_the_same_receipt) {
  MemoryEngine engine;
  Folder folder;
  auto log = store::Log::open(folder.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  Leadership leadership(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.snapshot().tree_head());
  auto states = store::StateStore::open(folder.data().state(), log.id(), store::Access::write);
  zmq::context_t context;
  const commandhandler::HandlerOptions options{folder.data()};
  auto front = std::make_shared<commandhandler::Front>(context, options);
  commandhandler::Handler handler(log, states, context, options, commandhandler::Handler::Lead{front, leadership});
  Running<commandhandler::Handler> running(handler);
  auto producer =
      events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(folder.data(), "commands.ipc"));
  const auto ask = [&](const std::string& command) {
    send(producer, {"1", "j", command});
    const auto frames = receive(producer);
    return frames.size() == 3 ? frames[2] : "nothing";
  };
  std::string receipt;
  for (int number = 0; number < turns; ++number) {
    const auto command = fmt::format(
        R"({{"id":"0196b2e0-8c00-7000-8000-{:012}","wantHead":{},"putGenre":{{"tmdbId":{},"name":"Genre {}"}}}})",
        number, number + 1 == turns, number + 1, number);
    receipt = ask(command);
    BOOST_TEST(receipt.find("\"accepted\"") != std::string::npos, receipt);
    BOOST_TEST(ask(command) == receipt);
  }
  const auto tip = engine.tip();
  BOOST_TEST(tip->head.size == static_cast<events::Position>(turns));
  BOOST_TEST(receipt.find(events::hex(tip->head.root)) != std::string::npos, receipt);
  running.stop();
  BOOST_TEST((log.snapshot().tree_head() == tip->head));
}

BOOST_AUTO_TEST_SUITE_END()
