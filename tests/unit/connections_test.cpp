#include <boost/test/unit_test.hpp>

#include "events/connections.h"
#include "tests/support/bus_peers.h"
#include "tests/support/raw_peer.h"
#include "tests/support/temporary_directory.h"

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
  auto intake =
      events::bind_socket(context, zmq::socket_type::router, endpoint, {.taken_by = events::TakenBy::program});
  auto peer = events::connect_socket(context, zmq::socket_type::dealer, endpoint);
  const size_t before = events::connection_counts().waiting_bytes;
  for (int i = 0; i < 10; ++i) {
    send(peer, {"t", "j", std::string(1'000, 'x')});
    zmq::pollitem_t item{intake.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, long_enough);
    BOOST_TEST(events::connection_counts().waiting_bytes == before + 1'002);
    BOOST_TEST(events::receive_request(intake).has_value());
    BOOST_TEST(events::connection_counts().waiting_bytes == before);
  }
}
