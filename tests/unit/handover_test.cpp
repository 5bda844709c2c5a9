#include "commandhandler/state/handover.h"

#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "commandhandler/state/check_state.h"
#include "commandhandler/state/state_loop.h"
#include "commandhandler/state/tail.h"
#include "commandhandler/writer.h"
#include "events/text/datetime.h"
#include "events/text/uuid.h"
#include "tests/support/bus_peers.h"
#include "tests/support/commands.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(handover_test)

// What the handler folded goes to the state loop of its process: when all of it is durable, and not before.

using namespace catlog;
using namespace catlog::commandhandler;
using namespace catlog::tests;

namespace {

constexpr Position many = max_unflushed_events;
const std::string key(row_key(Entity::MOVIE, 1));

// A tail over an empty state that holds the changes of so many events, none of them durable.
struct FullTail {
  FullTail() {
    handover.open();
    tail.layers().front()->set(key, "value");
    tail.reach(many);
    tail.stored(0);
  }
  bool holds_key() {
    for (const Layer* layer : tail.layers())
      if (layer->find(key)) return true;
    return false;
  }
  Handover handover;
  Tail tail{0, &handover};
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_not_durable_is_not_offered) {
  FullTail of;
  of.tail.durable(many - 1);
  BOOST_TEST(!of.handover.take());
  of.tail.durable(many);
  const auto folded = of.handover.take();
  BOOST_REQUIRE(folded);
  BOOST_TEST(folded->after == 0u);
  BOOST_TEST(folded->end == many);
  BOOST_TEST(folded->changes->find(key).has_value());
  of.handover.give_back(Handover::Stored::yes);
}

BOOST_AUTO_TEST_CASE(what_was_undone_is_not_offered) {
  FullTail of;
  of.tail.fall_back(0);
  of.tail.durable(0);
  BOOST_TEST(!of.handover.take());
}

BOOST_AUTO_TEST_CASE(a_layer_that_is_out_is_kept_until_it_is_given_back) {
  FullTail of;
  of.tail.durable(many);
  BOOST_REQUIRE(of.handover.take());
  of.tail.stored(many);
  BOOST_TEST(of.holds_key());
  of.handover.give_back(Handover::Stored::yes);
  of.tail.stored(many);
  BOOST_TEST(!of.holds_key());
}

BOOST_AUTO_TEST_CASE(what_could_not_be_stored_is_offered_again_and_closing_waits_for_it) {
  FullTail of;
  of.tail.durable(many);
  BOOST_REQUIRE(of.handover.take());
  of.handover.give_back(Handover::Stored::no);
  BOOST_TEST(of.handover.is_out());
  BOOST_REQUIRE(of.handover.take());
  std::atomic<bool> is_given_back = false;
  std::thread other([&] {
    is_given_back = true;
    of.handover.give_back(Handover::Stored::no);
  });
  of.handover.close();
  BOOST_TEST(is_given_back.load());
  other.join();
  BOOST_TEST(!of.handover.is_out());
  BOOST_TEST(!of.handover.take());
}

BOOST_AUTO_TEST_CASE(whom_nobody_hands_anything_to_any_more_is_not_woken) {
  FullTail of;
  of.tail.durable(many);
  pollfd bell{of.handover.fd(), POLLIN, 0};
  BOOST_TEST(::poll(&bell, 1, 0) == 1);
  of.handover.close();
  BOOST_TEST(::poll(&bell, 1, 0) == 0);
}

// Whatever is handed over is small; or so large that the log is folded again, in parts.
BOOST_DATA_TEST_CASE(the_stored_state_is_what_the_log_folds_to,
                     boost::unit_test::data::make({8 * max_unflushed_events, uint64_t{10}}), most_handed) {
  const TemporaryDirectory directory;
  auto log = store::Log::open(directory / "log", store::Access::write);
  auto states = store::StateStore::open(directory / "state", log.id(), store::Access::write);
  std::filesystem::create_directories(directory / "run");
  zmq::context_t context;
  StateLoop loop(log, states, context, directory.path(), most_handed);
  Running running(loop);
  Writer writer(log, states, directory / "keys", {.handover = &loop.handover()});
  size_t refused = 0;
  const auto send = [&](const std::vector<std::string>& commands) {
    Writer::Batch batch(writer, events::now_us());
    for (const auto& json : commands) {
      const auto with_id = "{\"id\":\"" + events::to_string(events::new_uuid()) + "\"," + json.substr(1);
      const auto receipt = batch.decide(events::read_command(with_id, events::Encoding::json).value());
      refused += receipt->verdict == events::Receipt::Verdict::refused;
    }
    writer.settle();
    batch.start(Writer::Commit::meanwhile);
  };
  // As an idle handler does every second.
  const auto is_stored = [&] {
    writer.settle();
    const Writer::Batch look(writer, events::now_us());
    return states.snapshot().position() == log.head();
  };
  for (int64_t round = 1; round <= 2; ++round) {
    for (int64_t number = 1; number <= 50; ++number)
      send({movie_fields(number).with("runtime", std::to_string(90 + round)).as("putMovie"),
            source_fields(number, number).as("addMovieSource"), source_fields(number, 1'000).as("addMovieSource"),
            "{\"removeMovie\":{\"movie\":" + movie_ref(number % 3 == 0 ? number : 1'000) + "}}"});
    const auto last = std::chrono::steady_clock::now() + long_enough;
    while (!is_stored() && std::chrono::steady_clock::now() < last) std::this_thread::yield();
    const auto check = check_state(log, states);
    BOOST_TEST(check.position == log.head());
    BOOST_TEST(check.difference.value_or("") == "");
  }
  BOOST_TEST(refused >= 100u);
  running.stop();
}

BOOST_AUTO_TEST_SUITE_END()
