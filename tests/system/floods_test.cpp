#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "events/bus/connections.h"
#include "events/bus/limits.h"
#include "tests/support/bus_peers.h"
#include "tests/support/harmed_daemon.h"
#include "tests/support/raw_peer.h"

BOOST_AUTO_TEST_SUITE(floods_test)

// What a flood took is given back when it is over.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t left_over_kb = 24 * kb_in_mb;  // what is worth no system call, and ZeroMQ's tables
constexpr auto given_back_within = 6 * long_enough;

using Peers = std::vector<RawPeer>;

struct Flooded : HarmedDaemon {
  zmq::socket_t good = dealer(), heads{context, zmq::socket_type::sub};  // the latter hears something each second

  // Some genres, whose replay is worth something.
  void setup() {
    events::raise_descriptor_limit();
    heads.set(zmq::sockopt::subscribe, "head/");
    events::connect(heads, events::endpoint_in(data.path(), "changes.ipc"));
    BOOST_TEST(data.catlog({"send"}, genres(4'000, 10'000)).exit_code == 0);
    BOOST_TEST(is_served(good));
  }
  static std::string genres(int count, int first) {
    std::string commands;
    for (int i = 0; i < count; ++i)
      commands +=
          fmt::format(R"({{"putGenre":{{"tmdbId":{0},"name":"{1}{0}"}}}})", first + i, std::string(200, 'g')) + '\n';
    return commands;
  }
  // One round of a flood begins, and is held for a good client's command; then everybody leaves.
  void hold(const std::function<void(Peers&)>& flood, int rounds = 2) {
    uint64_t most_kb = 0;
    const uint64_t before_kb = anonymous_kb();
    for (int round = 0; round < rounds; ++round) {
      Peers peers;
      flood(peers);
      for (int heads_heard = 0; heads_heard < 2; ++heads_heard) receive(heads);  // it takes what it takes
      BOOST_TEST(is_served(good));
      most_kb = std::max(most_kb, anonymous_kb());
    }
    const auto began = std::chrono::steady_clock::now();
    const auto is_much = [&] { return anonymous_kb() > before_kb + left_over_kb + sanitizers_kb; };
    while (is_much() && std::chrono::steady_clock::now() < began + given_back_within) receive(heads);
    BOOST_TEST(!is_much(), anonymous_kb() << " kB, before it were " << before_kb << ", at most " << most_kb);
    BOOST_TEST_MESSAGE(before_kb << " kB before, " << most_kb << " at most, " << anonymous_kb() << " after "
                                 << std::chrono::steady_clock::now() - began);
  }
  // So many that have greeted, as far as they are let in.
  void greet(Peers& peers, int count, const char* name, const char* type) {
    for (int i = 0; i < count; ++i)
      if (RawPeer peer(data / "run" / name); peer.greet(type)) peers.push_back(std::move(peer));
  }
  static bool ask(RawPeer& peer, const std::string& body) {
    return peer.send("t", RawPeer::Frame::more) && peer.send("j", RawPeer::Frame::more) &&
           peer.send(body, RawPeer::Frame::last);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(floods, Flooded)

BOOST_AUTO_TEST_CASE(a_thousand_connections) {
  hold([&](Peers& peers) {
    greet(peers, 1'000, "commands.ipc", "DEALER");
    BOOST_TEST(peers.size() == 1'000u);
    for (RawPeer& peer : peers) ask(peer, "{}");
  });
}

BOOST_AUTO_TEST_CASE(a_thousand_handshakes_that_stop_half_way) {
  hold([&](Peers& peers) {
    for (int i = 0; i < 1'000; ++i) peers.emplace_back(data / "run/commands.ipc").send_bytes("\xff");
  });
}

BOOST_AUTO_TEST_CASE(subscriptions) {
  hold(
      [&, round = 0](Peers& peers) mutable {
        ++round;
        greet(peers, 20, "changes.ipc", "SUB");
        int number = 0;
        for (RawPeer& peer : peers)
          for (size_t sent = 0; sent + 1'000 < events::max_subscription_bytes_of_peer; sent += 1'000)
            if (!peer.send(fmt::format("\x01{}/{}/", round, ++number) + std::string(900, 'x'), RawPeer::Frame::last))
              break;
      },
      8);
}

BOOST_AUTO_TEST_CASE(replay_requests_whose_answers_nobody_reads) {
  hold([&](Peers& peers) {
    greet(peers, 100, "replay.ipc", "DEALER");
    for (RawPeer& peer : peers)
      for (int i = 0; i < 20 && ask(peer, R"({"read":{"from":1,"limit":4096}})"); ++i) {
      }
  });
}

BOOST_AUTO_TEST_CASE(batches_whose_receipts_nobody_reads) {
  std::string members;
  for (int i = 0; i < 10'000; ++i) members += R"({"id":"","removeMovie":{"movie":{"id":1}}},)";
  members.pop_back();
  const std::string batch = R"({"id":"01950000-0000-7000-8000-0000000000ff","batch":{"commands":[)" + members + "]}}";
  hold([&](Peers& peers) {
    greet(peers, 10, "commands.ipc", "DEALER");
    for (RawPeer& peer : peers)
      for (int i = 0; i < 4 && ask(peer, batch); ++i) {
      }
  });
}

BOOST_AUTO_TEST_CASE(messages_that_do_not_end) {
  const std::string frame(size_t{15} << 20, 'x');
  hold([&](Peers& peers) {
    greet(peers, 20, "commands.ipc", "DEALER");
    for (RawPeer& peer : peers) peer.send(frame, RawPeer::Frame::more);
  });
}

BOOST_AUTO_TEST_CASE(subscribers_that_read_nothing) {
  int first = 100'000;
  hold([&](Peers& peers) {
    greet(peers, 50, "changes.ipc", "SUB");
    for (RawPeer& peer : peers) peer.send("\x01json/", RawPeer::Frame::last);
    BOOST_TEST(data.catlog({"send"}, genres(4'000, first)).exit_code == 0);
    first += 4'000;
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
