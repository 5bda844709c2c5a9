#include <boost/test/unit_test.hpp>

#include "events/bus/replies.h"
#include "tests/support/bus_peers.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(replies_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr size_t large = size_t{1} << 20;

// A ROUTER that is asked, and peers that ask.
struct Asked {
  TemporaryDirectory folder;
  std::string endpoint = "ipc://" + (folder / "asked.ipc").string();
  zmq::context_t context;
  zmq::socket_t router = events::bind_socket(context, zmq::socket_type::router, endpoint, {100'000, 1'000});
  events::Replies replies;

  // As it arrives with the peer's request.
  std::string identity_of(zmq::socket_t& peer) {
    send(peer, {"t", "j", "?"});
    return receive(router).at(0);
  }
  zmq::socket_t peer() { return events::connect_socket(context, zmq::socket_type::dealer, endpoint); }
  // False when there was no room for it.
  bool reply(const std::string& identity, size_t bytes) {
    if (!replies.has_room(identity, bytes)) return false;
    router.send(zmq::buffer(identity), zmq::send_flags::sndmore);
    router.send(replies.last(std::string(bytes, 'x')), zmq::send_flags::none);
    return true;
  }
  // Waits, handling what peers did, until so little is unread.
  bool falls_to(size_t bytes) {
    const auto end = std::chrono::steady_clock::now() + long_enough;
    while (replies.unread_bytes() > bytes && std::chrono::steady_clock::now() < end) {
      zmq::pollitem_t item{router.handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, std::chrono::milliseconds(1));
    }
    return replies.unread_bytes() <= bytes;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(replies, Asked)

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_gets_so_many_bytes_and_not_more) {
  auto silent = peer();
  silent.set(zmq::sockopt::rcvhwm, 1);
  const std::string identity = identity_of(silent);
  size_t sent = 0;
  while (sent < 2 * events::max_unread_bytes_of_peer && reply(identity, large)) sent += large;
  BOOST_TEST(sent >= events::max_unread_bytes_of_peer - 2 * large);
  BOOST_TEST(replies.unread_bytes() <= events::max_unread_bytes_of_peer);
  BOOST_TEST(sent < 2 * events::max_unread_bytes_of_peer);

  auto other = peer();
  BOOST_TEST(reply(identity_of(other), large));
  BOOST_TEST(receive(other).at(0).size() == large);
  silent.close();
  BOOST_TEST(falls_to(0));  // with the connection its replies are gone
}

BOOST_AUTO_TEST_CASE(small_replies_count_too) {
  auto silent = peer();
  const std::string identity = identity_of(silent);
  constexpr size_t small = 100;
  silent.close();
  size_t counted = 0;
  for (int i = 0; i < 2'000; ++i) {
    BOOST_TEST_REQUIRE(replies.has_room(identity, small));
    zmq::message_t frame = replies.last(std::string(small, 'x'));
    counted = std::max(counted, replies.unread_bytes());
    BOOST_TEST_REQUIRE(frame.size() == small);
  }
  BOOST_TEST(counted >= events::uncounted_bytes_of_peer);  // now and then a frame stands for those before it
  BOOST_TEST(replies.unread_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(beyond_the_limit_of_all_each_peer_keeps_an_equal_part) {
  std::vector<zmq::message_t> unread;
  const auto fill = [&](const std::string& identity) {
    size_t bytes = 0;
    for (; replies.has_room(identity, large); bytes += large) unread.push_back(replies.last(std::string(large, 'x')));
    return bytes;
  };
  for (int i = 0; i < 4; ++i) BOOST_TEST(fill("greedy" + std::to_string(i)) > events::max_unread_bytes / 5);
  BOOST_TEST(fill("greedy0") == 0u);
  const size_t late = fill("late");
  BOOST_TEST(late > events::max_unread_bytes / 8);  // it is not shut out by those before it
  BOOST_TEST(late <= events::max_unread_bytes / 5);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
