#include <boost/test/unit_test.hpp>

#include <thread>

#include "events/bus/connections.h"
#include "events/bus/router.h"
#include "tests/support/bus_peers.h"
#include "tests/support/raw_peer.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(connections_test)

using namespace catlog;
using namespace catlog::tests;

BOOST_AUTO_TEST_CASE(a_subscriber_that_reads_nothing_is_the_one_that_is_cut_off) {
  const TemporaryDirectory folder;
  const std::string endpoint = "ipc://" + (folder / "feed.ipc").string();
  zmq::context_t context;
  auto feed = events::bind_socket(context, zmq::socket_type::xpub, endpoint, {.sent = 64});
  auto reader = events::connect_socket(context, zmq::socket_type::sub, endpoint);
  reader.set(zmq::sockopt::subscribe, "");
  BOOST_TEST_REQUIRE(receive(feed).size() == 1u);
  BOOST_TEST(!events::cut_off_slowest());

  RawPeer silent(folder / "feed.ipc");
  BOOST_TEST_REQUIRE(silent.greet("SUB"));
  BOOST_TEST_REQUIRE(silent.send("\x01x", RawPeer::Frame::last));
  BOOST_TEST_REQUIRE(receive(feed).size() == 1u);
  const std::string payload(size_t{1} << 16, 'x');
  bool is_cut = false;
  for (int i = 0; i < 1'000 && !is_cut; ++i) {
    send(feed, {payload});
    BOOST_TEST_REQUIRE(receive(reader).size() == 1u);
    is_cut = events::cut_off_slowest();
  }
  BOOST_TEST(is_cut);
  BOOST_TEST(silent.is_closed(long_enough));
  send(feed, {payload});
  BOOST_TEST(receive(reader).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_received_waits_until_it_is_taken) {
  const TemporaryDirectory folder;
  const std::string endpoint = "ipc://" + (folder / "intake.ipc").string();
  zmq::context_t context;
  events::Router intake(context, endpoint, {.unanswered = 16, .queued = 64});
  auto peer = events::connect_socket(context, zmq::socket_type::dealer, endpoint);
  const size_t before = events::connection_counts().waiting_bytes;
  for (int i = 0; i < 10; ++i) {
    send(peer, {"t", "j", std::string(1'000, 'x')});
    zmq::pollitem_t item{intake.socket().handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, long_enough);
    BOOST_TEST(events::connection_counts().waiting_bytes == before + 1'002 + 3 * events::bytes_of_frame);
    BOOST_TEST(intake.receive().has_value());
    BOOST_TEST(events::connection_counts().waiting_bytes == before);
  }
}

BOOST_AUTO_TEST_CASE(what_a_peer_sent_before_it_left_waits_on_and_new_ones_are_turned_away) {
  const TemporaryDirectory folder;
  zmq::context_t context;
  constexpr int queued = 64;  // of more: ZeroMQ reads on, and sees that they left
  events::Router intake(context, "ipc://" + (folder / "intake.ipc").string(), {.unanswered = 16, .queued = 4 * queued});
  const auto before = events::connection_counts();
  const auto counts_come_to = [&](auto&& expected) {
    const auto end = std::chrono::steady_clock::now() + long_enough;
    while (!expected(events::connection_counts()) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return expected(events::connection_counts());
  };
  const std::string body(size_t{1} << 20, 'x');
  constexpr size_t peers = 2, sent = peers * queued * ((size_t{1} << 20) + events::bytes_of_frame);
  for (size_t peer = 0; peer < peers; ++peer) {
    RawPeer leaving(folder / "intake.ipc");
    BOOST_TEST_REQUIRE(leaving.greet("DEALER"));
    for (int i = 0; i < queued; ++i) BOOST_TEST_REQUIRE(leaving.send(body, RawPeer::Frame::last));
    BOOST_TEST(leaving.send("half", RawPeer::Frame::more));
  }
  BOOST_TEST(counts_come_to([&](const auto& now) { return now.open == before.open; }));
  BOOST_TEST(events::connection_counts().waiting_bytes == before.waiting_bytes + sent);
  BOOST_TEST(!RawPeer(folder / "intake.ipc").greet("DEALER"));
  BOOST_TEST(events::connection_counts().turned_away == before.turned_away + 1);

  for (size_t i = 0; i < peers * queued; ++i) BOOST_TEST_REQUIRE(intake.receive().has_value());
  BOOST_TEST(!intake.receive().has_value());
  BOOST_TEST(events::connection_counts().waiting_bytes == before.waiting_bytes);
  BOOST_TEST(RawPeer(folder / "intake.ipc").greet("DEALER"));
}

BOOST_AUTO_TEST_SUITE_END()
