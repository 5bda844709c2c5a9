#include <boost/test/unit_test.hpp>

#include <regex>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include "events/bus/connections.h"
#include "events/bus/replies.h"
#include "tests/support/bus_peers.h"
#include "tests/support/commands.h"
#include "tests/support/data_directory.h"
#include "tests/support/harmed_daemon.h"
#include "tests/support/raw_peer.h"

BOOST_AUTO_TEST_SUITE(limits_test)

using namespace catlog;
using namespace catlog::tests;
using std::chrono::milliseconds;

namespace {

struct Endpoint {
  const char* name;
  const char* peer;
};
constexpr Endpoint endpoints[] = {{"commands.ipc", "DEALER"},   {"replay.ipc", "DEALER"}, {"groups.ipc", "DEALER"},
                                  {"changes.ipc", "SUB"},       {"bell-log.ipc", "SUB"},  {"bell-state.ipc", "SUB"},
                                  {"bell-projected.ipc", "SUB"}};

// As much as each may say, of which nothing is alike; then they leave.
int subscribe_and_leave(const DataDirectory& data, int rounds) {
  int came = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<RawPeer> peers;
    for (int i = 0; i < 20; ++i) {
      RawPeer& peer = peers.emplace_back(data / "run/changes.ipc");
      if (!peer.greet("SUB")) continue;  // turned away: too many are leaving
      ++came;
      for (size_t sent = 0; sent + 1'000 < events::max_subscription_bytes_of_peer; sent += 1'000)
        if (!peer.send(fmt::format("\x01{}/{}/{}/", round, i, sent) + std::string(900, 'x'), RawPeer::Frame::last))
          break;
    }
  }
  return came;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(limits, HarmedDaemon)

BOOST_AUTO_TEST_CASE(the_soft_limit_of_descriptors_is_the_hard_one) {
  rlimit limit{};
  BOOST_TEST_REQUIRE(::prlimit(daemon.pid(), RLIMIT_NOFILE, nullptr, &limit) == 0);
  BOOST_TEST(limit.rlim_cur == limit.rlim_max);
}

BOOST_AUTO_TEST_CASE(more_connections_than_descriptors_are_turned_away_on_each_socket) {
  constexpr rlim_t descriptors = 160;
  allow_descriptors(descriptors);
  auto early = dealer();
  BOOST_TEST(is_served(early));
  for (const auto& [name, peer] : endpoints) {
    std::vector<RawPeer> idle;
    for (rlim_t i = 0; i < descriptors + 20; ++i) idle.emplace_back(data / "run" / name);
    BOOST_TEST(idle.back().is_closed(long_enough), name);  // also the sign that all before it were dealt with
    BOOST_TEST(is_served(early), name);
    BOOST_TEST(data.catlog({"status"}).exit_code == 0);
    BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);  // the daemon opens the new generation
    BOOST_TEST(data.rows("SELECT count(*) AS n FROM genres").at(0).at("n") == std::to_string(asked));
    idle.clear();
    BOOST_TEST(is_served(), name);
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_never_ends_is_cut_off_on_each_socket) {
  const std::string frame(size_t{1} << 20, 'x');
  for (const auto& [name, type] : endpoints) {
    const uint64_t before_kb = anonymous_kb();
    RawPeer peer(data / "run" / name);
    BOOST_TEST_REQUIRE(peer.greet(type), name);
    size_t sent = 0;
    while (sent < 10 * events::max_message_bytes && peer.send(frame, RawPeer::Frame::more)) sent += frame.size();
    BOOST_TEST(peer.is_closed(long_enough), name);
    BOOST_TEST(sent <= events::max_message_bytes + 8 * frame.size(), name);
    BOOST_TEST(anonymous_kb() < before_kb + 64 * kb_in_mb + sanitizers_kb, name);
    BOOST_TEST(is_served(), name);
  }
}

BOOST_AUTO_TEST_CASE(a_message_of_endless_empty_frames_is_cut_off_on_each_socket) {
  for (const auto& [name, type] : endpoints) {
    RawPeer peer(data / "run" / name);
    BOOST_TEST_REQUIRE(peer.greet(type), name);
    while (peer.send("", RawPeer::Frame::more)) {
    }
    BOOST_TEST(peer.is_closed(long_enough), name);
  }
}

BOOST_AUTO_TEST_CASE(long_messages_of_subscribers_are_cut_off) {
  for (const auto& [name, type] : endpoints) {
    if (type != std::string_view("SUB")) continue;
    RawPeer peer(data / "run" / name);
    BOOST_TEST_REQUIRE(peer.greet(type), name);
    while (peer.send("\x01" + std::string(events::max_subscription_bytes, 'x'), RawPeer::Frame::last)) {
    }
    BOOST_TEST(peer.is_closed(long_enough), name);
  }
}

BOOST_AUTO_TEST_CASE(a_connection_that_subscribes_to_too_much_is_cut_off_and_others_are_served) {
  auto good = dealer();
  RawPeer peer(data / "run/changes.ipc");
  BOOST_TEST_REQUIRE(peer.greet("SUB"));
  for (size_t sent = 0; sent <= events::max_subscription_bytes_of_peer; sent += 800)
    if (!peer.send(fmt::format("\x01{}/", sent) + std::string(800, 'x'), RawPeer::Frame::last)) break;
  BOOST_TEST(peer.is_closed(long_enough));
  BOOST_TEST(is_served(good));
}

BOOST_AUTO_TEST_CASE(subscribers_that_come_and_go_take_a_bounded_memory_and_give_it_back) {
  auto good = dealer();
  BOOST_TEST(is_served(good));
  const uint64_t before_kb = anonymous_kb();
  for (int i = 0; i < 4; ++i) {
    int came = 0;
    for (const auto until = std::chrono::steady_clock::now() + 2 * long_enough;  // nobody new comes in meanwhile
         came < 80 && std::chrono::steady_clock::now() < until;)
      came += subscribe_and_leave(data, 1);
    BOOST_TEST(came >= 80);
    BOOST_TEST(is_served(good));
    BOOST_TEST(anonymous_kb() < before_kb + 32 * kb_in_mb + sanitizers_kb);
  }
  auto late = events::connect_socket(context, zmq::socket_type::sub, events::endpoint_in(data.path(), "changes.ipc"));
  late.set(zmq::sockopt::subscribe, "head/");
  BOOST_TEST(receive(late).size() == 2u);
  const auto until = std::chrono::steady_clock::now() + 2 * long_enough;
  const auto is_much = [&] { return anonymous_kb() > before_kb + 12 * kb_in_mb + sanitizers_kb; };
  while (is_much() && std::chrono::steady_clock::now() < until) receive(late, milliseconds(100));
  BOOST_TEST(!is_much());
}

BOOST_AUTO_TEST_CASE(a_status_waits_for_nobodys_chunks) {
  std::string commands;
  for (int i = 1; i <= 4'000; ++i)
    commands +=
        fmt::format(R"({{"putGenre":{{"tmdbId":{0},"name":"{1}{0}"}}}})", 10'000 + i, std::string(200, 'g')) + '\n';
  data.out_of({"send"}, commands);
  auto asks = dealer("replay.ipc");
  const auto ask_for_chunk = [](zmq::socket_t& peer) { send(peer, {"t", "j", R"({"read":{"from":1,"limit":4096}})"}); };
  std::vector<zmq::socket_t> readers;  // each has as many chunks open as it may, all the time
  for (int i = 0; i < 20; ++i) {
    readers.push_back(dealer("replay.ipc"));
    for (int request = 0; request < events::replays_unanswered; ++request) ask_for_chunk(readers.back());
  }
  const size_t open = readers.size() * events::replays_unanswered;
  // How many chunks came between a status' question and its answer. In turn with them it would be all that were open.
  std::vector<size_t> chunks;
  size_t next = 0, idle = 0;
  while (chunks.size() < 50) {
    send(asks, {"s", "j", R"({"status":null})"});
    for (size_t count = 0;;) {
      if (const auto frames = receive(asks, milliseconds(idle < readers.size() ? 0 : 1)); !frames.empty()) {
        BOOST_TEST(frames.size() == 3u);
        chunks.push_back(count);
        break;
      }
      auto& reader = readers[next++ % readers.size()];
      const bool has_come = receive(reader, milliseconds(0)).size() > 3;
      idle = has_come ? 0 : idle + 1;
      count += has_come ? 1 : 0;
      if (has_come) ask_for_chunk(reader);
    }
  }
  std::ranges::sort(chunks);
  BOOST_TEST(chunks[chunks.size() / 2] < open / 2);
  readers.clear();
  send(asks, {"s", "j", R"({"status":null})"});
  BOOST_TEST(receive(asks).size() == 3u);
}

BOOST_AUTO_TEST_CASE(many_unfinished_messages_take_no_more_than_all_peers_may) {
  constexpr int peers = 40;
  const std::string frame(size_t{15} << 20, 'x');
  const uint64_t before_kb = anonymous_kb();
  std::vector<RawPeer> all;
  int cut = 0;
  for (int i = 0; i < peers; ++i) {
    all.emplace_back(data / "run/commands.ipc");
    BOOST_TEST_REQUIRE(all.back().greet("DEALER"));
    if (!all.back().send(frame, RawPeer::Frame::more)) ++cut;
  }
  BOOST_TEST(is_served());
  BOOST_TEST(anonymous_kb() < before_kb + events::max_waiting_bytes / 1024 + 200 * kb_in_mb + sanitizers_kb);
  for (const RawPeer& peer : all) cut += peer.is_closed(milliseconds(0));
  BOOST_TEST(cut > peers / 2);
}

BOOST_AUTO_TEST_CASE(receipts_that_nobody_reads_are_bounded_by_their_bytes) {
  const uint64_t before_kb = anonymous_kb();
  std::string members;
  for (int i = 0; i < 10'000; ++i) members += R"({"id":"","removeMovie":{"movie":{"id":1}}},)";
  members.pop_back();
  const std::string batch = R"({"id":"01950000-0000-7000-8000-0000000000ff","batch":{"commands":[)" + members + "]}}";
  auto reader = dealer();
  send(reader, {"t", "j", batch});
  const auto receipt = receive(reader);
  BOOST_TEST_REQUIRE(receipt.size() == 3u);
  RawPeer silent(data / "run/commands.ipc");
  BOOST_TEST_REQUIRE(silent.greet("DEALER"));
  const size_t enough = 3 * events::max_unread_bytes_of_peer / (2 * receipt[2].size());
  for (size_t i = 0; i < enough; ++i)
    for (const auto& [part, kind] : {std::pair<std::string_view, RawPeer::Frame>{"t", RawPeer::Frame::more},
                                     {"j", RawPeer::Frame::more},
                                     {batch, RawPeer::Frame::last}})
      BOOST_TEST_REQUIRE(silent.send(part, kind));
  BOOST_TEST(is_served());
  // What is still to be judged is not more than the queue of one peer.
  BOOST_TEST(anonymous_kb() < before_kb +
                                  (events::max_unread_bytes_of_peer + events::max_waiting_bytes_of_peer) / 1024 +
                                  64 * kb_in_mb + sanitizers_kb);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(connections_over_tcp_are_limited_as_well) {
  const DataDirectory data(CATLOG_BIN);
  zmq::context_t context;
  Daemon daemon = data.start({"--commands-endpoint", "tcp://127.0.0.1:0"});
  const std::string said = daemon.err();
  std::smatch found;
  BOOST_TEST_REQUIRE(std::regex_search(said, found, std::regex("commands arrive at (tcp://[0-9.:]+)")), said);
  const std::string endpoint = found[1];
  data.out_of({"send"}, user_fields().with("role", "\"admin\"").as("registerUser"));
  constexpr rlim_t descriptors = 160;
  const rlimit limit{descriptors, descriptors};
  BOOST_TEST_REQUIRE(::prlimit(daemon.pid(), RLIMIT_NOFILE, &limit, nullptr) == 0);
  std::vector<zmq::socket_t> idle;
  for (rlim_t i = 0; i < descriptors + 20; ++i) {
    idle.emplace_back(context, zmq::socket_type::dealer);
    idle.back().set(zmq::sockopt::linger, 0);
    idle.back().connect(endpoint);
  }
  const auto exit_code_of = [&](int genre) {
    const auto command = fmt::format(R"({{"actor":{{"userId":1}},"putGenre":{{"tmdbId":{},"name":"G"}}}})", genre);
    return data.catlog({"send", "--endpoint", endpoint}, command).exit_code;
  };
  BOOST_TEST(exit_code_of(16) != 134);
  idle.clear();
  BOOST_TEST(exit_code_of(17) == 0);
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_SUITE_END()
