#include <boost/test/unit_test.hpp>

#include <map>
#include <thread>

#include <fmt/format.h>

#include "tests/support/kills.h"
#include "tests/support/torrents/house.h"

BOOST_AUTO_TEST_SUITE(torrent_kill_test)

// catlog-torrent, or catlogd, is killed while a download is under way, again and again.
using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr uint64_t megabyte = 1 << 20, film_bytes = 3 * megabyte, rate = 3 * megabyte / 2;
constexpr size_t kills_each = 3;
// What a kill may cost: pieces that were not whole yet, and what was on its way.
constexpr uint64_t lost_each = megabyte;

// What is recorded never falls without a recheck, and never exceeds the size.
void check_figures(const House& house, const Torrent& torrent) {
  int64_t last = 0;
  for (const Row& record :
       read_lines(house.data.out_of({"log", "--stream", "storage/" + house.stored(torrent).at("id")}))) {
    const Row event = read_row(record.at("event"));
    if (event.contains("recheckStarted")) last = 0;
    if (!event.contains("transferReported")) continue;
    const int64_t now = std::stoll(read_row(event.at("transferReported")).at("downloaded"));
    BOOST_TEST(now >= last);
    BOOST_TEST(now <= static_cast<int64_t>(torrent.size));
    last = now;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(kills_of_bridge_and_daemon_cost_no_byte_and_no_truth) {
  Kills kills("crash.torrent_kill", 6);
  House house(CATLOG_BIN);
  for (uint64_t round = 1; !kills.are_over(); ++round) {
    const auto folder = house.seeds / std::to_string(round);
    const Torrent torrent = make_torrent({.files = {{"film.mkv", film_bytes}}, .seed = round}, folder);
    Peer seeder(torrent, folder, {.upload_rate = rate});
    house.want(torrent);
    size_t killed = 0;
    for (; killed < kills_each && !kills.are_over(); ++killed) {
      house.bridge.reset();
      house.start({"--seed-percent", "0"});
      const auto moment = std::chrono::milliseconds(50 + kills.chance().up_to(700));
      comes_true(
          [&] {
            seeder.meet(house.port());
            return false;
          },
          moment);
      if (kills.chance().up_to(2) == 0) {
        house.daemon->kill();
        house.start_daemon();
      } else {
        house.bridge->kill();
      }
      kills.add();
    }
    house.bridge.reset();
    house.start({"--seed-percent", "0"});
    const bool is_completed = house.becomes(torrent, "completed", {&seeder});  // before what was said is looked at
    BOOST_TEST_REQUIRE(is_completed, fmt::format("CATLOG_SEED={}: {}", kills.chance().seed(), house.bridge->err()));
    BOOST_TEST_REQUIRE(house.is_equal(torrent, folder), fmt::format("CATLOG_SEED={}", kills.chance().seed()));
    BOOST_TEST(seeder.given_bytes() <= torrent.size + killed * lost_each);
    check_figures(house, torrent);
    kills.add_check();
  }
}

BOOST_AUTO_TEST_SUITE_END()
