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

using Texts = std::vector<std::string>;

struct Fixture {
  TemporaryDirectory directory;
  zmq::context_t context;
  zmq::socket_t replay{context, zmq::socket_type::router};
  const std::string endpoint = "ipc://" + (directory / "replay.ipc").string();
  Fixture() { listen(); }
  void listen() {
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
  Frames take() {
    last_request = receive(replay);
    requests.push_back(asked(last_request));
    return last_request;
  }
  void status(unsigned head) { answer({fmt::format(R"({{"status":{{"logId":"some log","head":"{}"}}}})", head)}); }
  // The first of two that are open, from 2001 and 3001 on; the other one is `fourth`.
  Frames two_open() {
    status(9'000);
    answer_chunk(take(), 1'001);
    answer_chunk(take(), 2'001);
    auto third = take();
    fourth = take();
    return third;
  }
  void restart() {
    replay.close();
    context = zmq::context_t();  // what had the name is gone by then
    replay = zmq::socket_t(context, zmq::socket_type::router);
    listen();
  }
  void catch_up(std::chrono::milliseconds ask_again = long_enough) {
    events::Subscriber subscriber({.changes_endpoint = "ipc://" + (directory / "changes.ipc").string(),
                                   .replay_endpoint = endpoint,
                                   .topics = {},
                                   .from = 1,
                                   .answer_within = long_enough,
                                   .ask_again = ask_again});
    const auto until = std::chrono::steady_clock::now() + long_enough;
    while (!subscriber.has_caught_up() && std::chrono::steady_clock::now() < until)
      BOOST_TEST(!subscriber.next(std::chrono::milliseconds(10)).has_value());
    BOOST_TEST(subscriber.has_caught_up());
  }
  Texts requests;
  Frames last_request, fourth;  // used by the server's thread until it is joined
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(subscriber, Fixture)

// Three times the number that is said is, modulo 2^64, the number of frames that come.
BOOST_AUTO_TEST_CASE(a_number_of_events_that_wraps_is_refused) {
  std::jthread server([&] {
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

// After two chunks that were as long as they were asked for, two requests are open. The second one's answer counts when
// the first one's ends where it begins.
BOOST_AUTO_TEST_CASE(the_next_chunk_is_asked_for_ahead) {
  std::jthread server([&] {
    status(9'000);
    answer_chunk(take(), 1'001);
    answer_chunk(take(), 2'001);
    const auto third = take();
    fourth = take();
    answer_chunk(third, 3'001);
    const auto fifth = take();
    answer_chunk(fourth, 3'500);  // shorter, so that the fifth begins too late
    answer_chunk(fifth, 5'001);
    answer_chunk(take(), 4'000, true);
  });
  catch_up();
  server.join();
  BOOST_TEST(requests == (Texts{"1 behind ''", "1001 behind 'of 1000'", "2001 behind 'of 2000'", "3001 behind ''",
                                "4001 behind ''", "3500 behind 'of 3499'"}),
             boost::test_tools::per_element());
}

// A daemon would refuse it, and count that.
BOOST_AUTO_TEST_CASE(nothing_is_asked_for_beyond_the_head) {
  std::jthread server([&] {
    status(2'501);
    answer_chunk(take(), 1'001);
    answer_chunk(take(), 2'001);
    answer_chunk(take(), 2'502);  // more was committed meanwhile
    answer_chunk(take(), 2'503, true);
  });
  catch_up();
  server.join();
  BOOST_TEST(
      requests == (Texts{"1 behind ''", "1001 behind 'of 1000'", "2001 behind 'of 2000'", "2502 behind 'of 2501'"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_with_two_open_loses_neither) {
  std::jthread server([&] {
    two_open();
    restart();
    const auto third = take();
    fourth = take();
    answer_chunk(third, 3'001);
    take();
    answer_chunk(fourth, 4'001);
    take();
    restart();
    const auto fifth = take();
    answer_chunk(fifth, 5'000, true);
  });
  catch_up();
  server.join();
  BOOST_TEST(requests == (Texts{"1 behind ''", "1001 behind 'of 1000'", "2001 behind 'of 2000'", "3001 behind ''",
                                "2001 behind 'of 2000'", "3001 behind ''", "4001 behind ''", "5001 behind ''",
                                "4001 behind 'of 4000'"}),
             boost::test_tools::per_element());
}

// What was asked ahead did not say what it goes on behind; what is asked again does.
BOOST_AUTO_TEST_CASE(another_history_between_two_answers_is_refused) {
  std::jthread server([&] {
    const auto third = two_open();
    answer_chunk(third, 3'001);
    take();  // so it has that answer
    restart();
    answer(take(), {R"({"refused":"/read/lastCommandId: of a history that was lost"})"});
  });
  BOOST_CHECK_EXCEPTION(catch_up(), events::Failure, [](const events::Failure& failure) {
    return failure.code() == events::Exit::refused &&
           std::string(failure.what()).find("a history that was lost") != std::string::npos;
  });
  server.join();
  BOOST_TEST(requests.back() == "3001 behind 'of 3000'");
}

// No daemon does so: the one that came too early is asked for again.
BOOST_AUTO_TEST_CASE(answers_in_the_wrong_order_skip_nothing) {
  std::jthread server([&] {
    status(9'000);
    Frames third;
    for (std::string is = asked(take()); is != "nothing"; is = asked(take())) {
      const Frames& now = last_request;
      if (is == "1 behind ''") answer_chunk(now, 1'001);
      if (is == "1001 behind 'of 1000'") answer_chunk(now, 2'001);
      if (is == "2001 behind 'of 2000'") third = now;
      if (is == "3001 behind ''") answer_chunk(now, 4'001), answer_chunk(third, 3'001);
      if (is == "3001 behind 'of 3000'") return answer_chunk(now, 3'500, true);
    }
  });
  catch_up(std::chrono::seconds(2));
  server.join();
  BOOST_TEST(requests.back() == "3001 behind 'of 3000'");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
