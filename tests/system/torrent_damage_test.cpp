#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include "tests/support/torrents/house.h"

BOOST_AUTO_TEST_SUITE(torrent_damage_test)

// Somebody deletes, cuts off and alters a download's files while the bridge is at work.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t megabyte = 1 << 20;

struct Damaged : House {
  Damaged() : House(CATLOG_BIN) {}

  Torrent torrent = make_torrent(
      {.files = {{"deleted", megabyte}, {"cut", megabyte}, {"altered", megabyte}, {"as it was", megabyte}}},
      seeds.path());
  std::optional<Peer> seeder;

  // Turns bytes in the middle of a file, which keeps its size.
  void alter(size_t file) const {
    std::fstream out(loaded(torrent, file), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(megabyte / 2));
    out << "these bytes are not of the film";
  }
  void damage() const {
    fs::remove(loaded(torrent, 0));
    fs::resize_file(loaded(torrent, 1), 1'000);
    alter(2);
  }
  // The first half of the first file is there, at least, and it takes long for the rest to come.
  void load_some() {
    seeder.emplace(torrent, seeds.path(), Peer::Options{.upload_rate = megabyte / 4});
    want(torrent);
    start({"--look-seconds", "86400", "--seed-percent", "0"});
    BOOST_TEST_REQUIRE(comes_true([&] {
      seeder->meet(port());
      return progress(torrent) > 0.2 && fs::exists(loaded(torrent));
    }));
  }
  // The rest comes fast.
  void load_the_rest() { seeder.emplace(torrent, seeds.path()); }
  bool said_so() const { return has(bridge->err(), "was removed or cut off while it was loaded"); }
  bool was_checked() const {
    const auto events = events_of(torrent);
    return std::find(events.begin(), events.end(), "recheckStarted") != events.end();
  }
  bool heals() {
    const auto is_found = [&] {
      seeder->meet(port());
      return was_checked() || said_so();
    };
    return comes_true(is_found) && is_made_whole([&] { return progress(torrent) == 1; });
  }
  // Whoever has seen that the bridge had all of it does not come again.
  bool is_made_whole(const std::function<bool()>& holds) const {
    for (int tries = 0; tries < 8; ++tries) {
      Peer another(torrent, seeds.path());
      const auto is_whole = [&] {
        another.meet(port());
        return holds() && is_equal(torrent, seeds.path());
      };
      if (comes_true(is_whole, std::chrono::seconds(5 + 5 * tries))) return true;
    }
    return false;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(files, Damaged)

BOOST_AUTO_TEST_CASE(of_a_seed_they_are_found_by_their_looks_and_made_whole_again) {
  seeder.emplace(torrent, seeds.path());
  want(torrent);
  start({"--look-seconds", "1"});
  BOOST_TEST_REQUIRE(becomes(torrent, "seeding", {&*seeder}));
  BOOST_TEST_REQUIRE(comes_true([&] { return fs::exists(home(torrent) / "whole"); }));
  damage();
  BOOST_TEST_REQUIRE(heals());
  BOOST_TEST(becomes(torrent, "seeding"));
  BOOST_TEST(bridge->terminate() == 0);
}

BOOST_AUTO_TEST_CASE(of_what_is_complete_a_recheck_by_command_finds_them) {
  seeder.emplace(torrent, seeds.path());
  want(torrent);
  start({"--look-seconds", "86400", "--seed-percent", "0"});
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&*seeder}));
  alter(2);
  about("recheckDownload", torrent);
  BOOST_TEST_REQUIRE(heals());
  BOOST_TEST(becomes(torrent, "completed"));
}

BOOST_AUTO_TEST_CASE(of_what_is_complete_and_not_given_on_their_looks_find_them) {
  seeder.emplace(torrent, seeds.path());
  want(torrent);
  start({"--look-seconds", "1", "--seed-percent", "0"});
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&*seeder}));
  BOOST_TEST_REQUIRE(comes_true([&] { return !fs::exists(home(torrent) / "open"); }));
  BOOST_TEST_REQUIRE(fs::exists(home(torrent) / "whole"));
  damage();
  BOOST_TEST_REQUIRE(heals());
  BOOST_TEST(becomes(torrent, "completed"));
}

BOOST_AUTO_TEST_CASE(of_a_transfer_under_way_one_that_is_gone_is_found_when_all_of_it_was_had) {
  load_some();
  fs::remove(loaded(torrent));
  BOOST_TEST_REQUIRE(progress(torrent) < 1);
  load_the_rest();
  BOOST_TEST_REQUIRE(heals());
  BOOST_TEST(said_so(), bridge->err());
  BOOST_TEST(becomes(torrent, "completed"));
}

BOOST_AUTO_TEST_CASE(of_a_transfer_under_way_one_that_was_altered_is_found_by_a_recheck) {
  load_some();
  alter(0);
  load_the_rest();
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&*seeder}));
  about("recheckDownload", torrent);
  BOOST_TEST(heals(), bridge->err());
  BOOST_TEST(becomes(torrent, "completed"));
}

BOOST_AUTO_TEST_CASE(of_a_transfer_under_way_one_that_was_cut_off_is_found) {
  load_some();
  fs::resize_file(loaded(torrent), 1'000);
  BOOST_TEST_REQUIRE(progress(torrent) < 1);
  load_the_rest();
  BOOST_TEST_REQUIRE(is_made_whole([&] { return status(torrent) == "completed"; }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
