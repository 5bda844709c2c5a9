#include "events/client/subscriber.h"

#include <boost/test/unit_test.hpp>

#include <thread>

#include "events/error.h"
#include "tests/support/bus_peers.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(subscriber_test)

// A replay socket that is not a catlog's.

using namespace catlog;
using namespace catlog::tests;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  zmq::context_t context;
  zmq::socket_t replay{context, zmq::socket_type::router};
  const std::string endpoint = "ipc://" + (directory / "replay.ipc").string();
  Fixture() {
    replay.set(zmq::sockopt::linger, 0);
    replay.bind(endpoint);
  }
  void answer(const std::vector<std::string>& frames) {
    const auto request = receive(replay);
    if (request.size() < 3) return;
    std::vector<std::string> all{request[0], request[1], request[2]};
    all.insert(all.end(), frames.begin(), frames.end());
    send(replay, all);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(subscriber, Fixture)

// Three times the number that is said is, modulo 2^64, the number of frames that come.
BOOST_AUTO_TEST_CASE(a_number_of_events_that_wraps_is_refused) {
  std::thread server([&] {
    answer({R"({"status":{"logId":"some log","head":"9"}})"});
    answer({R"({"chunk":{"next":"9","events":"12297829382473034411","atHead":true}})", "a frame"});
  });
  events::Subscriber subscriber({.changes_endpoint = "ipc://" + (directory / "changes.ipc").string(),
                                 .replay_endpoint = endpoint,
                                 .topics = {},
                                 .from = 1});
  BOOST_CHECK_EXCEPTION(subscriber.next(long_enough), events::Failure, [](const events::Failure& failure) {
    return std::string(failure.what()).find("no catlog of this version") != std::string::npos;
  });
  server.join();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
