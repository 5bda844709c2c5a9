#include "events/client/subscriber.h"

#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <thread>

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/codec/json.h"
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
  using Frames = std::vector<std::string>;
  void answer(const Frames& frames) { answer(receive(replay), frames); }
  void answer(const Frames& request, const Frames& frames) {
    if (request.size() < 4) return;
    Frames all{request[0], request[1], request[2]};
    all.insert(all.end(), frames.begin(), frames.end());
    send(replay, all);
  }
  // A chunk without events.
  void answer_chunk(const Frames& request, unsigned next, bool at_head = false) {
    answer(request, {fmt::format(R"({{"chunk":{{"next":"{}","events":"0","atHead":{},"lastCommandId":"of {}"}}}})",
                                 next, at_head, next - 1)});
  }
  // What is asked for, without what all requests have.
  static std::string asked(const Frames& request) {
    if (request.size() < 4) return "nothing";
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<events::schema::ReplayRequest>();
    if (!events::read_json(request[3], root, events::Fields::all)) return request[3];
    const auto read = root.asReader().getRead();
    return fmt::format("{} behind '{}'", read.getFrom(), read.getLastCommandId().cStr());
  }
};

using Texts = std::vector<std::string>;

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

// As soon as a chunk was as long as it was asked for, two requests are open. The second one's answer counts when the
// first one's ends where it begins.
BOOST_AUTO_TEST_CASE(the_next_chunk_is_asked_for_ahead) {
  Texts requests;
  std::thread server([&] {
    const auto take = [&] {
      auto request = receive(replay);
      requests.push_back(asked(request));
      return request;
    };
    answer({R"({"status":{"logId":"some log","head":"9000"}})"});
    answer_chunk(take(), 1'001);
    const auto second = take(), third = take();
    answer_chunk(second, 2'001);
    const auto fourth = take();
    answer_chunk(third, 2'500);  // shorter, so that the fourth begins too late
    answer_chunk(fourth, 4'001);
    answer_chunk(take(), 3'000, true);
  });
  events::Subscriber subscriber({.changes_endpoint = "ipc://" + (directory / "changes.ipc").string(),
                                 .replay_endpoint = endpoint,
                                 .topics = {},
                                 .from = 1});
  const auto until = std::chrono::steady_clock::now() + long_enough;
  while (!subscriber.has_caught_up() && std::chrono::steady_clock::now() < until)
    BOOST_TEST(!subscriber.next(std::chrono::milliseconds(10)).has_value());
  server.join();
  BOOST_TEST(subscriber.has_caught_up());
  BOOST_TEST(requests == (Texts{"1 behind ''", "1001 behind 'of 1000'", "2001 behind ''", "3001 behind ''",
                                "2500 behind 'of 2499'"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
