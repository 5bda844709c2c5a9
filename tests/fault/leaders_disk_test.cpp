// A leader whose own log cannot take what the engine has: what was acknowledged is with the others.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/standby.h"
#include "events/error.h"
#include "events/text/datetime.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/files/disk_space.h"
#include "tests/support/disk/budget.h"
#include "tests/support/disk/failing_sync.h"
#include "tests/support/held_log.h"
#include "tests/support/leading_node.h"

BOOST_AUTO_TEST_SUITE(leaders_disk_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr uint64_t plenty = uint64_t{1} << 40;

// What is promised to be left, what there is beside it, and a command of which the log makes more than half of that.
constexpr uint64_t reserve = uint64_t{1} << 20, beside_it = uint64_t{64} << 10;
// Room enough, and so little that it is asked for before each batch.
constexpr uint64_t some = reserve + store::FreeSpace::far_above_bytes / 2;
std::string long_movie(int number) {
  return fmt::format(
      R"({{"id":"0196b2e0-8c00-7000-9000-{:012}","putMovie":{{"tmdbId":{},"title":"T","overview":"{}","releaseDate":"",)"
      R"("poster":"","backdrop":""}}}})",
      number, number, std::string(beside_it * 3 / 4, 'x'));
}

bool is_accepted(const std::string& receipt) { return receipt.find("\"accepted\"") != std::string::npos; }

bool becomes(const std::function<bool()>& holds) {
  const auto by = std::chrono::steady_clock::now() + long_enough;
  while (!holds() && std::chrono::steady_clock::now() < by) std::this_thread::yield();
  return holds();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_full_disk_ends_a_leader_and_takes_back_no_receipt) {
  LeadingNode leader;
  disk::Budget budget{plenty};
  const disk::Watching watching{leader.folder.directory.path(), budget};
  {
    Running<commandhandler::Handler> running(*leader.handler);
    BOOST_TEST(is_accepted(leader.ask(numbered_genre(1))));
    leader.tell(numbered_genre(1));  // which has the log take it first
    BOOST_TEST(is_accepted(leader.hear()));
    BOOST_TEST(leader.log.head() == 1u);
    budget.leave(0);
    BOOST_TEST(is_accepted(leader.ask(numbered_genre(2))));
    BOOST_CHECK_EXCEPTION(running.wait(), store::engine::LeadLost, [](const store::engine::LeadLost& lost) {
      return std::string(lost.what()).starts_with("the disk is full, and the other machines have");
    });
  }
  leader.handler.reset();
  BOOST_TEST(budget.refused() > 0u);
  BOOST_TEST(leader.log.head() == 1u);
  BOOST_TEST(leader.acknowledged() == 2u);
  // As when it is started again, with room.
  budget.leave(plenty);
  store::engine::Following following(leader.engine, leader.log);
  BOOST_TEST(following.take() == 1u);
  BOOST_TEST((leader.log.snapshot().tree_head() == leader.engine.tip()->head));
}

// Else it is acknowledged for as long as the engine takes it, and the log finds no room.
BOOST_AUTO_TEST_CASE(what_a_leaders_log_has_to_take_yet_is_no_free_space) {
  LeadingNode leader(std::chrono::hours(1), reserve);
  disk::Budget budget{some};
  const disk::Watching watching{leader.folder.directory.path(), budget};
  Running<commandhandler::Handler> running(*leader.handler);
  budget.leave(reserve + beside_it);
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(1))));
  budget.leave(some);
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(1))));  // which has the log take it first
  BOOST_TEST_REQUIRE(leader.log.head() == 1u);
  {
    const HeldLog held(leader.log);
    for (int number = 1; number < 3; ++number) BOOST_TEST_REQUIRE(is_accepted(leader.ask(long_movie(number))));
    budget.leave(reserve + beside_it);
    const std::string refused = leader.ask(long_movie(3));
    BOOST_TEST(refused.find("storageFull") != std::string::npos, refused.substr(0, 200));
    BOOST_TEST(leader.acknowledged() == 3u);
    budget.leave(some);
  }
  // The same room, with nothing to be taken any more.
  BOOST_TEST(is_accepted(leader.ask(long_movie(2))));
  BOOST_TEST(leader.log.head() == 3u);
  budget.leave(reserve + beside_it);
  BOOST_TEST(is_accepted(leader.ask(long_movie(3))));
  running.stop();
  BOOST_TEST(leader.log.head() == 4u);
}

bool is_storage_full(const std::string& receipt) { return receipt.find("storageFull") != std::string::npos; }

BOOST_AUTO_TEST_CASE(a_leader_whose_disk_goes_below_its_reserve_and_stays_there_leads_no_more) {
  LeadingNode leader(std::chrono::hours(1), reserve, {std::chrono::milliseconds(1), std::chrono::hours(1)});
  disk::Budget budget{some};
  const disk::Watching watching{leader.folder.directory.path(), budget};
  Running<commandhandler::Handler> running(*leader.handler);
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(1))));
  budget.leave(reserve / 2);
  leader.tell(numbered_genre(2));  // whether it is answered or not
  BOOST_CHECK_EXCEPTION(running.wait(), store::engine::LeadLost, [](const store::engine::LeadLost& lost) {
    return std::string(lost.what()).starts_with("less than min-free-bytes was free for long");
  });
  BOOST_TEST(leader.acknowledged() == 1u);
}

// It would be elected again, and again: where nobody has room that must not be often.
BOOST_AUTO_TEST_CASE(a_leader_that_had_no_room_when_it_was_elected_refuses_and_keeps_its_lead_for_longer) {
  LeadingNode leader(std::chrono::hours(1), reserve, {std::chrono::milliseconds(0), std::chrono::hours(1)});
  disk::Budget budget{reserve / 2};
  const disk::Watching watching{leader.folder.directory.path(), budget};
  Running<commandhandler::Handler> running(*leader.handler);
  for (int number = 0; number < 20; ++number) BOOST_TEST(is_storage_full(leader.ask(numbered_genre(number))));
  budget.leave(some);
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(1))));
  running.stop();
}

BOOST_AUTO_TEST_CASE(a_follower_with_little_room_stands_only_where_nobody_has_led_for_long) {
  using namespace store::engine;
  MemoryEngine engine;
  NodeFolder folder;
  auto own = store::Log::open(folder.data().log(), store::Access::write);
  join(engine, own, IfEmpty::begin);
  zmq::context_t context;
  commandhandler::Front front(context, {folder.data()});
  // Never: always a little longer than nobody has led, since the last one that did.
  std::atomic<int64_t> led_us = events::steady_now_us();
  std::atomic<bool> has_room = false;
  std::atomic<int> told = 0;
  const auto stands_after = [&]() -> std::chrono::milliseconds {
    constexpr int64_t a_little_ms = 100;
    return std::chrono::milliseconds(has_room ? 0 : (events::steady_now_us() - led_us) / 1'000 + a_little_ms);
  };
  commandhandler::Standby standby(
      own, engine, Member{"b", "tcp://b"}, front,
      [&](auto what, const std::string& words) {
        told += what == commandhandler::Standby::Trouble::little_room && !words.empty() ? 1 : 0;
      },
      nullptr, stands_after);
  events::Stop stop;
  std::unique_ptr<Leadership> leads;
  std::jthread runs([&] { leads = standby.run(stop); });
  const auto& heartbeat = front.numbers->handler.heartbeat;
  const auto look_for_long = [&] {
    constexpr uint64_t many_looks = 50;
    return becomes([&, begun = heartbeat.beats()] { return heartbeat.beats() > begun + many_looks; });
  };
  BOOST_TEST(look_for_long());
  BOOST_TEST(!engine.leader().has_value());
  const auto term = engine.elect("c", "tcp://c");
  BOOST_TEST(look_for_long());
  led_us = events::steady_now_us();
  engine.resign(term);
  BOOST_TEST(look_for_long());
  BOOST_TEST(!engine.leader().has_value());
  BOOST_TEST(told == 1);
  has_room = true;
  runs.join();
  BOOST_TEST(leads);
}

BOOST_AUTO_TEST_CASE(a_leaders_disk_that_fails_ends_it_and_takes_back_no_receipt) {
  LeadingNode leader;
  disk::FailingSync failing("log/data.mdb");
  const disk::Watching watching{leader.folder.directory.path(), failing};
  Running<commandhandler::Handler> running(*leader.handler);
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(1))));
  BOOST_CHECK_THROW(running.wait(), events::Failure);
  BOOST_TEST(failing.has_failed.load());
  BOOST_TEST(leader.acknowledged() == 1u);
}

// And a follower's: the others have what it lacks, and it takes that as soon as there is room.
BOOST_AUTO_TEST_CASE(a_follower_on_a_full_disk_says_so_and_goes_on_when_there_is_room) {
  LeadingNode leader;
  NodeFolder folder;
  auto own = store::Log::open(folder.data().log(), store::Access::write);
  store::engine::join(leader.engine, own, store::engine::IfEmpty::refuse);
  zmq::context_t context;
  commandhandler::Front front(context, {folder.data()});
  std::vector<std::string> told;
  commandhandler::Standby standby(own, leader.engine, store::engine::Member{"b", "tcp://b"}, front,
                                  [&told](commandhandler::Standby::Trouble what, const std::string& words) {
                                    if (what == commandhandler::Standby::Trouble::room) told.push_back(words);
                                  });
  const auto& is_full = front.numbers->handler.storage_full;
  disk::Budget budget{plenty};
  const disk::Watching watching{folder.directory.path(), budget};
  Running<commandhandler::Handler> leads(*leader.handler);
  Running<commandhandler::Standby> follows(standby);
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(1))));
  BOOST_TEST(becomes([&] { return own.head() == 1u; }));
  budget.leave(0);
  BOOST_TEST(is_accepted(leader.ask(numbered_genre(2))));
  BOOST_TEST(becomes([&] { return is_full.read() == 1; }));
  BOOST_TEST(own.head() == 1u);
  budget.leave(plenty);
  BOOST_TEST(becomes([&] { return own.head() == 2u && is_full.read() == 0; }));
  follows.stop();
  BOOST_TEST_REQUIRE(told.size() == 2u);
  BOOST_TEST(!told[0].empty());
  BOOST_TEST(told[1].empty());
}

BOOST_AUTO_TEST_SUITE_END()
