#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "commandhandler/handler.h"
#include "events/bus/sockets.h"
#include "events/data_directory.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/log.h"
#include "store/state_store.h"
#include "tests/support/bus_peers.h"
#include "tests/support/memory_engine.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

// A node's data directory.
struct NodeFolder {
  NodeFolder() { std::filesystem::create_directories(data().run()); }
  events::DataDirectory data() const { return directory.path(); }
  TemporaryDirectory directory;
};

// A node that leads over an engine in memory, and a producer of its own.
struct LeadingNode {
  // However slow a machine is, a test that holds the log back does so for less than an hour.
  explicit LeadingNode(std::chrono::milliseconds longest_behind = std::chrono::hours(1), uint64_t min_free_bytes = 0,
                       commandhandler::LongestWithoutRoom longest_without_room = {std::chrono::hours(1),
                                                                                  std::chrono::hours(1)})
      : log(store::Log::open(folder.data().log(), store::Access::write)) {
    using namespace store::engine;
    join(engine, log, IfEmpty::begin);
    leadership.emplace(engine, Member{"a", "tcp://a"}, engine.elect("a", "tcp://a"), log.frontier());
    states.emplace(store::StateStore::open(folder.data().state(), log.id(), store::Access::write));
    commandhandler::HandlerOptions options{folder.data()};
    options.min_free_bytes = min_free_bytes;
    options.longest_behind = longest_behind;
    options.longest_without_room = longest_without_room;
    auto front = std::make_shared<commandhandler::Front>(context, options);
    handler.emplace(log, *states, context, options, commandhandler::Handler::Lead{front, *leadership});
    producer.emplace(
        events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(folder.data(), "commands.ipc")));
  }
  void tell(const std::string& command) { send(*producer, {"1", "j", command}); }
  std::string hear() {
    const auto frames = receive(*producer);
    return frames.size() == 3 ? frames[2] : "nothing";
  }
  std::string ask(const std::string& command) {
    tell(command);
    return hear();
  }

  store::Position acknowledged() { return engine.tip()->head.size; }

  MemoryEngine engine;
  NodeFolder folder;
  store::Log log;
  std::optional<store::engine::Leadership> leadership;
  std::optional<store::StateStore> states;
  zmq::context_t context;
  std::optional<commandhandler::Handler> handler;
  std::optional<zmq::socket_t> producer;
};

// A command of its own for each number.
enum class WantsHead { no, yes };
inline std::string numbered_genre(int number, WantsHead wants_head = WantsHead::no) {
  return fmt::format(
      R"({{"id":"0196b2e0-8c00-7000-8000-{:012}","wantHead":{},"putGenre":{{"tmdbId":{},"name":"Genre {}"}}}})", number,
      wants_head == WantsHead::yes, number + 1, number);
}

}  // namespace catlog::tests
