#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <thread>

#include "events/bus/bell.h"
#include "events/bus/bus.h"
#include "events/bus/sockets.h"
#include "tests/support/bus_peers.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(bell_test)

using namespace catlog;
using namespace catlog::tests;
using events::Bell;
using events::BellListener;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds no_time{0};

struct House {
  TemporaryDirectory folder;
  zmq::context_t context;
  events::Stop stop;
  std::string endpoint = "ipc://" + (folder / "bell.ipc").string();

  bool hears(BellListener& listener, milliseconds within) const {
    return events::wait_for_any(stop, {&listener}, within);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_bell_is_heard_in_its_process_without_zeromq_whoever_comes_first) {
  House house;
  BellListener earlier(house.context, house.endpoint);
  Bell bell(house.context, house.endpoint);
  BellListener later(house.context, house.endpoint);
  for (BellListener* listener : {&earlier, &later}) {
    BOOST_TEST(!listener->remote());
    BOOST_TEST(!house.hears(*listener, no_time));
  }
  bell.ring();
  bell.ring();
  for (BellListener* listener : {&earlier, &later}) {
    BOOST_TEST(house.hears(*listener, no_time));
    listener->drain();
    BOOST_TEST(!house.hears(*listener, no_time));
  }
}

BOOST_AUTO_TEST_CASE(a_bell_wakes_who_waits_and_one_of_another_place_does_not) {
  House house;
  BellListener listener(house.context, house.endpoint), elsewhere(house.context, house.endpoint + "2");
  Bell bell(house.context, house.endpoint), other(house.context, house.endpoint + "2");
  std::jthread ringer([&] { bell.ring(); });
  BOOST_TEST(house.hears(listener, long_enough));
  BOOST_TEST(!house.hears(elsewhere, no_time));
}

// The other process is a plain PUB here, which is what it is seen as.
BOOST_AUTO_TEST_CASE(a_bell_of_another_process_is_heard_until_this_one_has_it) {
  House house;
  BellListener listener(house.context, house.endpoint);
  {
    auto other = events::bind_socket(house.context, zmq::socket_type::pub, house.endpoint);
    bool is_heard = false;
    for (int i = 0; i < 1'000 && !is_heard; ++i) {  // it may not be connected yet
      send(other, {"!"});
      is_heard = house.hears(listener, milliseconds(20));
    }
    BOOST_TEST(is_heard);
    BOOST_TEST(listener.remote());
  }
  std::optional<Bell> bell(std::in_place, house.context, house.endpoint);
  listener.drain();
  BOOST_TEST(!listener.remote());
  bell->ring();
  BOOST_TEST(house.hears(listener, no_time));
  bell.reset();
  BOOST_TEST(listener.remote());
}

BOOST_AUTO_TEST_CASE(who_waits_is_told_to_stop) {
  House house;
  BellListener listener(house.context, house.endpoint);
  house.stop.set();
  BOOST_TEST(house.hears(listener, long_enough));
  BOOST_TEST(house.stop.is_set());
}

// A socket's descriptor tells of each change once: of two messages, the second one is in a socket that looks quiet.
BOOST_AUTO_TEST_CASE(what_lies_in_a_socket_already_ends_a_wait) {
  House house;
  auto server = events::bind_socket(house.context, zmq::socket_type::pull, house.endpoint);
  auto client = events::connect_socket(house.context, zmq::socket_type::push, house.endpoint);
  BOOST_TEST(!events::wait_for_any(house.stop, {&server}, no_time));
  for (const char* text : {"one", "two", "three"}) send(client, {text});
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST_REQUIRE(events::wait_for_any(house.stop, {&server}, long_enough));
    BOOST_TEST(receive(server).size() == 1u);
    // Takes in what ZeroMQ's thread says, and with it what its descriptor had to tell.
    static_cast<void>(server.get(zmq::sockopt::events));
  }
  BOOST_TEST(!events::wait_for_any(house.stop, {&server}, no_time));
}

BOOST_AUTO_TEST_SUITE_END()
