#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "tests/support/small_disk.h"
#include "tests/support/torrents/hostile.h"
#include "tests/support/torrents/house.h"

BOOST_AUTO_TEST_SUITE(torrent_test)

// Real transfers on the loopback interface: catlogd, catlog-torrent, and libtorrent's own sessions that have the files.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t megabyte = 1 << 20;

struct AtHome : House {
  AtHome() : House(CATLOG_BIN) {}
};

// Each path beneath `top` but for those beneath `without`, with what a file holds.
std::map<std::string, std::string> tree_of(const fs::path& top, const fs::path& without) {
  std::map<std::string, std::string> tree;
  for (auto at = fs::recursive_directory_iterator(top); at != fs::recursive_directory_iterator(); ++at) {
    if (at->path() == without) {
      at.disable_recursion_pending();
      continue;
    }
    tree[at->path().string()] = at->is_regular_file() ? read_text(at->path()) : "";
  }
  return tree;
}

// Whether it comes to a second and a half, more than what its own figures are behind, in which it gives nothing.
bool stands_still(const Peer& peer) {
  uint64_t given = peer.given_bytes();
  auto since = std::chrono::steady_clock::now();
  return comes_true(
      [&] {
        const auto now = std::chrono::steady_clock::now();
        if (std::exchange(given, peer.given_bytes()) != given) since = now;
        return now - since > std::chrono::milliseconds(1'500);
      },
      std::chrono::seconds(30));
}

// Turns bytes in the middle of a file, which keeps its size.
void alter(const fs::path& file) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
  out << "these bytes are not of the film";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(transfers, AtHome)

BOOST_AUTO_TEST_CASE(torrents_of_each_version_are_loaded_by_their_links_and_reported) {
  const TorrentPlan plans[] = {
      {.name = "one"},
      {.version = Version::v2, .seed = 20, .name = "two"},
      {.files = {{"film.mkv", 3 * megabyte}, {"subs/en.srt", 70'000}, {"nfo", 10}},
       .version = Version::hybrid,
       .seed = 30,
       .name = "three"},
      {.files = {{"a/b/c/d.mkv", megabyte}, {"a/b/e", 1}}, .privacy = Privacy::closed, .seed = 40, .name = "four"}};
  std::vector<Torrent> torrents;
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<Peer*> seeders;
  for (const auto& plan : plans) {
    const fs::path folder = seeds / plan.name;
    torrents.push_back(make_torrent(plan, folder));
    peers.push_back(std::make_unique<Peer>(torrents.back(), folder));
    seeders.push_back(peers.back().get());
    // Nobody gives away the metadata of a private torrent.
    if (plan.privacy == Privacy::closed) give(torrents.back());
    want(torrents.back());
  }
  start({"--seed-percent", "0"});
  for (size_t i = 0; i < torrents.size(); ++i) {
    const auto& torrent = torrents[i];
    BOOST_TEST_REQUIRE(becomes(torrent, "completed", seeders), plans[i].name << bridge->err());
    BOOST_TEST(is_equal(torrent, seeds / plans[i].name), plans[i].name);
    BOOST_TEST(stored(torrent).at("downloaded") == std::to_string(torrent.size));
    BOOST_TEST(progress(torrent) == 1);
    BOOST_TEST(events_of(torrent).size() <= 120u);
  }
  BOOST_TEST(bridge->terminate() == 0, bridge->err());
}

BOOST_AUTO_TEST_CASE(a_paused_download_stands_still_until_it_is_resumed) {
  const Torrent torrent = make_torrent({.files = {{"film.mkv", 3 * megabyte}}}, seeds.path());
  Peer seeder(torrent, seeds.path(), {.upload_rate = megabyte / 16});  // a slow machine is told of it meanwhile
  want(torrent);
  start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(comes_true([&] {
    seeder.meet(port());
    return progress(torrent) > 0;
  }));
  about("pauseDownload", torrent);
  BOOST_TEST_REQUIRE(
      comes_true([&] { return fs::exists(home(torrent) / "resume") && !fs::exists(home(torrent) / "open"); }));
  BOOST_TEST(stands_still(seeder));
  BOOST_TEST(seeder.given_bytes() < torrent.size);
  BOOST_TEST(status(torrent) == "paused");
  about("resumeDownload", torrent);
  Peer another(torrent, seeds.path());
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&another}), bridge->err());
  BOOST_TEST(is_equal(torrent, seeds.path()));
  // What was there was not fetched again.
  BOOST_TEST(seeder.given_bytes() + another.given_bytes() < torrent.size + megabyte);
}

BOOST_AUTO_TEST_CASE(of_two_seeders_one_sends_bytes_that_are_not_the_film_s) {
  const Torrent torrent = make_torrent({.files = {{"film.mkv", megabyte}}}, seeds / "good");
  fs::copy(seeds / "good", seeds / "bad", fs::copy_options::recursive);
  Peer good(torrent, seeds / "good", {.upload_rate = megabyte}), bad(torrent, seeds / "bad", {.address = "127.0.0.2"});
  for (uint64_t at = 0; at < torrent.size; at += 32 << 10) {
    std::fstream out(seeds / "bad" / torrent.paths[0].string(), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at));
    out << "bad";
  }
  want(torrent);
  start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(comes_true([&] {
    bad.meet(port());
    return bad.given_bytes() > 0;
  }));
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&good, &bad}), bridge->err());
  BOOST_TEST(is_equal(torrent, seeds / "good"));
}

BOOST_AUTO_TEST_CASE(a_seeder_that_goes_and_comes_back_is_waited_for) {
  const Torrent torrent = make_torrent({.files = {{"film.mkv", 3 * megabyte}}}, seeds.path());
  auto seeder = std::make_unique<Peer>(torrent, seeds.path(), Peer::Options{.upload_rate = megabyte / 16});
  want(torrent);
  start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(comes_true([&] {
    seeder->meet(port());
    return progress(torrent) > 0;
  }));
  seeder.reset();
  BOOST_TEST(status(torrent) == "downloading");
  Peer another(torrent, seeds.path());
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&another}), bridge->err());
  BOOST_TEST(is_equal(torrent, seeds.path()));
}

BOOST_AUTO_TEST_CASE(fifty_at_once_and_ten_that_wait_for_their_turn_and_none_looks_paused) {
  std::vector<Torrent> torrents;
  for (uint64_t i = 0; i < 60; ++i)
    torrents.push_back(make_torrent({.files = {{"film" + std::to_string(i), 100'000}}, .seed = i + 1}, seeds.path()));
  Peer seeder(torrents, seeds.path(), {});
  want(torrents);
  start({"--active", "50"});
  // Before anybody has come, all of them are asked for.
  const auto begun = [&] {
    return static_cast<size_t>(std::count_if(
        torrents.begin(), torrents.end(), [&](const Torrent& torrent) { return fs::exists(home(torrent) / "open"); }));
  };
  BOOST_TEST_REQUIRE(comes_true([&] { return begun() >= 50; }), bridge->err());
  BOOST_TEST(begun() == 50u);
  BOOST_TEST_REQUIRE(comes_true(
                         [&] {
                           seeder.meet(port());
                           return count("seeding") == torrents.size();
                         },
                         std::chrono::seconds(240)),
                     bridge->err());
  const std::string log = data.out_of({"log"});
  BOOST_TEST(has(log, "transferReported"));
  BOOST_TEST(!has(log, "aused"));
  for (const auto& torrent : torrents) BOOST_TEST(is_equal(torrent, seeds.path()));
}

BOOST_AUTO_TEST_CASE(files_that_were_deleted_cut_off_or_altered_are_made_whole_again) {
  const Torrent torrent = make_torrent(
      {.files = {{"deleted", megabyte}, {"cut", megabyte}, {"altered", megabyte}, {"as it was", megabyte}}},
      seeds.path());
  Peer seeder(torrent, seeds.path());
  want(torrent);
  start();
  BOOST_TEST_REQUIRE(becomes(torrent, "seeding", {&seeder}), bridge->err());
  BOOST_TEST(bridge->terminate() == 0);
  fs::remove(loaded(torrent, 0));
  fs::resize_file(loaded(torrent, 1), 1000);
  alter(loaded(torrent, 2));
  start();
  BOOST_TEST(comes_true([&] {
               seeder.meet(port());
               return is_equal(torrent, seeds.path());
             }),
             bridge->err());
}

BOOST_AUTO_TEST_CASE(a_download_that_waits_for_metadata_is_removed_and_does_not_hold_up_the_end) {
  const Torrent torrent = make_torrent({}, seeds.path());
  want(torrent);
  start();
  BOOST_TEST_REQUIRE(comes_true([&] { return fs::exists(home(torrent) / "open"); }), bridge->err());
  about("removeStorage", torrent, R"(,"withData":true)");
  BOOST_TEST(comes_true([&] { return !fs::exists(home(torrent)); }), bridge->err());
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(bridge->terminate() == 0, bridge->err());
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(15)));
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_removed_is_said_once_and_tried_again) {
  const Torrent torrent = make_torrent({}, seeds.path());
  fs::create_directories(home(torrent) / "files");
  auto disk = SmallDisk::mount(home(torrent) / "files", megabyte);
  if (!disk) return;
  want(torrent);
  start();
  BOOST_TEST_REQUIRE(comes_true([&] { return fs::exists(home(torrent) / "open"); }), bridge->err());
  about("removeStorage", torrent, R"(,"withData":true)");
  BOOST_TEST_REQUIRE(comes_true([&] { return has(bridge->err(), "cannot be removed"); }), bridge->err());
  disk.reset();
  BOOST_TEST(comes_true([&] { return !fs::exists(home(torrent)); }), bridge->err());
  const std::string said = bridge->err();
  BOOST_TEST(said.find("cannot be removed") == said.rfind("cannot be removed"), said);
}

BOOST_AUTO_TEST_CASE(a_directory_where_a_file_of_the_bridge_s_would_be_fails_that_download_only) {
  const Torrent torrent = make_torrent({}, seeds.path());
  fs::create_directories(home(torrent) / "whole" / "folder");
  std::ofstream(home(torrent) / "open");
  want(torrent);
  start();
  BOOST_TEST(becomes(torrent, "error"), bridge->err());
  BOOST_TEST(bridge->terminate() == 0, bridge->err());
}

BOOST_AUTO_TEST_CASE(hostile_torrents_leave_everything_outside_as_it_was) {
  fs::create_directories(own / "outside" / "folder");
  std::ofstream(own / "outside" / "mine") << "mine";
  const auto hostile = hostile_torrents(seeds.path(), own / "outside");
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<Peer*> seeders;
  std::vector<Torrent> all;
  for (size_t i = 0; i < hostile.size(); ++i) {
    give(hostile[i].torrent);
    all.push_back(hostile[i].torrent);
    if (!hostile[i].is_taken) continue;
    peers.push_back(std::make_unique<Peer>(hostile[i].torrent, seeds / std::to_string(i)));
    BOOST_TEST(peers.back()->is_whole(), hostile[i].what);
    seeders.push_back(peers.back().get());
  }
  want(all);
  const auto before = tree_of(own.path(), downloads());
  start({"--seed-percent", "0", "--active", "100"});
  comes_true([&] {
    for (Peer* peer : seeders) peer->meet(port());
    return count("completed") + count("error") == all.size();
  });
  for (const auto& one : hostile)
    BOOST_TEST(status(one.torrent) == (one.is_taken ? "completed" : "error"), one.what << "\n" << bridge->err());
  BOOST_TEST(bridge->terminate() == 0);
  BOOST_TEST(tree_of(own.path(), downloads()) == before);
  const std::set<std::string> own_files{"lock", "known.json", "swarms", "transfers"};
  for (const auto& entry : fs::directory_iterator(downloads()))
    BOOST_TEST(own_files.contains(entry.path().filename().string()), entry.path());
}

BOOST_AUTO_TEST_CASE(metadata_from_peers_is_looked_at_before_a_byte_is_written) {
  const auto hostile = hostile_torrents(seeds.path(), own / "outside");
  for (const auto& one : hostile) {
    if (one.what != "has six thousand files" && one.what != "is a hundred folders deep") continue;
    Peer seeder(one.torrent, seeds / "of-a-peer");
    want(one.torrent);
    if (!bridge) start();
    BOOST_TEST(becomes(one.torrent, "error", {&seeder}), one.what << "\n" << bridge->err());
    BOOST_TEST(fs::is_empty(home(one.torrent) / "files"));
  }
}

BOOST_AUTO_TEST_CASE(one_directory_has_one_bridge_and_one_log) {
  const Torrent torrent = make_torrent({}, seeds.path());
  Peer seeder(torrent, seeds.path());
  want(torrent);
  start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&seeder}), bridge->err());
  BOOST_TEST(run().exit_code == 3);
  bridge->terminate();

  DataDirectory other(CATLOG_BIN);
  const Daemon another = other.start();
  const Ran refused = tests::run({CATLOG_BIN "/catlog-torrent", "--data", other.path().string(), "--downloads",
                                  downloads().string(), "--listen", "127.0.0.1:0"});
  BOOST_TEST(refused.exit_code == 1);
  BOOST_TEST(has(refused.err, "--adopt"), refused.err);
  BOOST_TEST(is_equal(torrent, seeds.path()));
}

BOOST_AUTO_TEST_CASE(a_bridge_that_knows_nothing_any_more_deletes_nothing_and_adopting_looks_through_all) {
  const Torrent torrent = make_torrent({}, seeds.path());
  Peer seeder(torrent, seeds.path());
  want(torrent);
  start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&seeder}), bridge->err());
  about("removeStorage", torrent, R"(,"withData":true)");
  BOOST_TEST_REQUIRE(comes_true([&] { return !fs::exists(home(torrent)); }), bridge->err());
  want(torrent);
  Peer another(torrent, seeds.path());  // the first one knows that the bridge had all of it
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&another}), bridge->err());
  BOOST_TEST(bridge->terminate() == 0);

  fs::remove(downloads() / "known.json");
  start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(comes_true([&] { return fs::exists(downloads() / "known.json"); }), bridge->err());
  BOOST_TEST(bridge->terminate() == 0);
  BOOST_TEST(is_equal(torrent, seeds.path()));

  // By what was saved all is as it should be.
  alter(loaded(torrent));
  fs::remove(home(torrent) / "whole");
  start({"--seed-percent", "0", "--adopt"});
  Peer last(torrent, seeds.path());
  BOOST_TEST(comes_true([&] {
               last.meet(port());
               return is_equal(torrent, seeds.path());
             }),
             bridge->err());
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_and_what_was_begun_ends_when_there_is_room) {
  fs::create_directories(downloads());
  const auto disk = SmallDisk::mount(downloads(), 14 * megabyte);
  if (!disk) return;
  const Torrent torrent = make_torrent({.files = {{"film.mkv", 8 * megabyte}}}, seeds.path());
  disk->fill(4 * megabyte);
  Peer seeder(torrent, seeds.path());
  want(torrent);
  start({"--seed-percent", "0"});
  const auto begun = std::chrono::steady_clock::now();
  const auto ms = [&](std::chrono::steady_clock::time_point since) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since).count();
  };
  BOOST_TEST_REQUIRE(becomes(torrent, "error", {&seeder}), bridge->err());
  const auto told_ms = ms(begun);
  BOOST_TEST(has(bridge->err(), "the disk is full"), bridge->err());
  disk->make_room();
  const auto made = std::chrono::steady_clock::now();
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&seeder}), bridge->err());
  BOOST_TEST_MESSAGE(
      fmt::format("figures: system.torrent: of 8 MiB on a disk with 4, the reason was in SQL {} ms after "
                  "the bridge began to load, and all was there {} ms after there was room",
                  told_ms, ms(made)));
  BOOST_TEST(is_equal(torrent, seeds.path()));
}

BOOST_AUTO_TEST_CASE(a_removal_leaves_the_files_unless_it_says_so_as_a_quota_does) {
  const Torrent first = make_torrent({.files = {{"first", 2 * megabyte}}}, seeds.path());
  const Torrent second = make_torrent({.files = {{"second", 2 * megabyte}}, .seed = 2}, seeds.path());
  Peer one(first, seeds.path()), other(second, seeds.path());
  want(first);
  start({"--seed-percent", "0", "--quota-bytes", std::to_string(3 * megabyte)});
  BOOST_TEST_REQUIRE(becomes(first, "completed", {&one}), bridge->err());
  want(second);
  BOOST_TEST_REQUIRE(becomes(second, "completed", {&other}), bridge->err());
  BOOST_TEST(stored(first).empty());
  BOOST_TEST(comes_true([&] { return !fs::exists(home(first)); }));
  BOOST_TEST(has(data.out_of({"log", "--type", "storageDiscarded"}), "catlog-torrent"));
  about("removeStorage", second);
  want(second);
  BOOST_TEST_REQUIRE(becomes(second, "completed"), bridge->err());
  BOOST_TEST(is_equal(second, seeds.path()));
  BOOST_TEST(other.given_bytes() <= second.size);  // what was there was not fetched again
}

BOOST_AUTO_TEST_CASE(a_link_in_a_download_s_directory_is_not_followed) {
  const Torrent torrent = make_torrent({}, seeds.path());
  Peer seeder(torrent, seeds.path());
  fs::create_directories(home(torrent) / "files");
  std::ofstream(own / "outside") << "mine";
  fs::create_symlink(own / "outside", loaded(torrent));
  want(torrent);
  start();
  BOOST_TEST_REQUIRE(becomes(torrent, "error", {&seeder}), bridge->err());
  BOOST_TEST(has(bridge->err(), "symbolic link"), bridge->err());
  BOOST_TEST(read_text(own / "outside") == "mine");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
