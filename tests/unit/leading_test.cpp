// A node that follows, and one that leads, over an engine in memory.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/handler.h"
#include "commandhandler/standby.h"
#include "events/bus/sockets.h"
#include "events/digest.h"
#include "events/error.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/log.h"
#include "store/state_store.h"
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

// As the writer does it.
void write(Leadership& leadership, store::Log& log, uint64_t seed) {
  const std::string record = fake_record(10, seed);
  const std::vector<store::Bytes> records{std::as_bytes(std::span(record))};
  log.append(log.head(), records, [&](const events::TreeHead& after) { leadership.append(after, records); });
  leadership.committed();
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

// However slow a machine is, so long these take at least.
BOOST_AUTO_TEST_CASE(a_follower_rests_after_each_taking) {
  Busy engine;
  Folder leaders, followers;
  auto log = store::Log::open(leaders.data().log(), store::Access::write);
  join(engine, log, IfEmpty::begin);
  Leadership leadership(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.snapshot().tree_head());
  events::Stop stop;
  int asked = 0;
  engine.one_more = [&] {
    if (++asked == turns) stop.set();
    write(leadership, log, static_cast<uint64_t>(asked));
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
