#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "projector/sqlite/sqlite.h"
#include "tests/support/torrents/house.h"
#include "tests/support/torrents/tracker.h"
#include "tests/support/torrents/viewer.h"

BOOST_AUTO_TEST_SUITE(play_test)

// Films that are read over HTTP while a real transfer loads them, and catlog play.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t megabyte = 1 << 20;
constexpr int piece_bytes = 16 << 10;

struct Cinema : House {
  Cinema() : House(CATLOG_BIN) {}
  // Is a source from now on, which its tracker has.
  Torrent film(std::vector<TorrentFile> files) {
    Torrent torrent = make_torrent({.files = std::move(files), .piece_bytes = piece_bytes}, seeds.path());
    torrent.magnet += "&tr=" + tracker.udp();
    return torrent;
  }
  std::unique_ptr<Peer> seeder(const Torrent& torrent, uint64_t upload_rate = 0) {
    return std::make_unique<Peer>(torrent, seeds.path(),
                                  Peer::Options{.upload_rate = upload_rate, .tracker = tracker.udp()});
  }
  std::string bytes(const Torrent& torrent, size_t file = 0) const {
    return read_text(seeds.path() / torrent.paths.at(file));
  }
  Ran play(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "play");
    return data.catlog(arguments);
  }

  Tracker tracker;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(plays, Cinema)

BOOST_AUTO_TEST_CASE(both_ends_are_there_first_and_a_reader_that_jumps_gets_its_bytes_while_the_rest_loads) {
  constexpr uint64_t size = 12 * megabyte, edge = size / 100 + 1;
  const Torrent torrent = film({{"film.mkv", size}});
  const std::string film = bytes(torrent);
  const auto peer = seeder(torrent, megabyte / 2);
  start({"--seed-percent", "0"});
  want(torrent);
  auto end = std::async(std::launch::async, [&] { return Viewer(*this, torrent).read(size - edge, size); });
  BOOST_TEST((Viewer(*this, torrent).read(0, edge) == film.substr(0, edge)), bridge->err());
  BOOST_TEST((end.get() == film.substr(size - edge)));
  BOOST_TEST(peer->given_bytes() < size / 2);
  for (const uint64_t at : {size / 10 * 7, size / 10 * 4}) {
    BOOST_TEST((Viewer(*this, torrent).read(at, at + 100'000) == film.substr(at, 100'000)));
    BOOST_TEST(peer->given_bytes() < size);
  }
  auto other = std::async(std::launch::async, [&] { return Viewer(*this, torrent).read(size / 2, size); });
  BOOST_TEST((Viewer(*this, torrent).read(0, size) == film));
  BOOST_TEST((other.get() == film.substr(size / 2)));
  BOOST_TEST(becomes(torrent, "completed"), bridge->err());
  BOOST_TEST(is_equal(torrent, seeds.path()));
  // What is read is in use; nobody but the bridge says so here.
  BOOST_TEST(comes_true([&] { return has(data.out_of({"log", "--type", "storageTouched"}), "storageTouched"); }));
  BOOST_TEST(bridge->terminate() == 0, bridge->err());
}

BOOST_AUTO_TEST_CASE(the_main_file_comes_before_what_stands_before_it) {
  // The largest file is no video.
  const Torrent torrent = film({{"a.iso", 6 * megabyte}, {"b.mkv", 3 * megabyte}, {"c.srt", 1'000}});
  const auto peer = seeder(torrent, megabyte / 2);
  start({"--seed-percent", "0"});
  want(torrent);
  BOOST_TEST((Viewer(*this, torrent).read(0, 3 * megabyte) == bytes(torrent, 1)), bridge->err());
  BOOST_TEST(peer->given_bytes() < torrent.size * 2 / 3);
  const Row row = stored(torrent);
  BOOST_TEST(has(row.at("mainFile"), "b.mkv"));
  BOOST_TEST(row.at("mainFileSize") == std::to_string(3 * megabyte));
  BOOST_TEST((Viewer(*this, torrent, "Sintel.2010.1080p.WEB/c.srt").read(0, 1'000) == bytes(torrent, 2)));
  BOOST_TEST(becomes(torrent, "completed"), bridge->err());
  BOOST_TEST(is_equal(torrent, seeds.path()));
}

BOOST_AUTO_TEST_CASE(what_is_whole_is_read_after_the_bridge_was_started_again_under_another_secret) {
  const Torrent torrent = film({{"film.mkv", megabyte}});
  const auto peer = seeder(torrent);
  start({"--seed-percent", "0"});
  want(torrent);
  BOOST_TEST_REQUIRE(becomes(torrent, "completed"), bridge->err());
  const std::string before = Viewer::address(*this);
  BOOST_TEST((Viewer(*this, torrent).read(5, megabyte) == bytes(torrent).substr(5)));
  struct stat is {};
  ::stat((downloads() / "play").c_str(), &is);
  BOOST_TEST((is.st_mode & 07) == 0u);
  BOOST_TEST(!has(bridge->err(), before.substr(before.rfind('/') + 1)));
  BOOST_TEST(bridge->terminate() == 0);
  BOOST_TEST(!fs::exists(downloads() / "play"));
  start({"--seed-percent", "0"});
  BOOST_TEST(Viewer::address(*this) != before);
  BOOST_TEST((Viewer(*this, torrent).read(5, megabyte) == bytes(torrent).substr(5)));
  // Altered since it was whole, it is not given before it was looked through.
  fs::resize_file(loaded(torrent), 1'000);
  Viewer viewer(*this, torrent);
  viewer.ask(0, megabyte);
  BOOST_TEST(viewer.peer().hear_header().status == 404);
}

BOOST_AUTO_TEST_CASE(who_reads_what_is_whole_is_given_nothing_of_what_is_found_damaged_meanwhile) {
  // More than the sockets on the way hold.
  constexpr uint64_t size = 32 * megabyte, damaged = size - megabyte;
  const Torrent torrent = film({{"film.mkv", size}});
  auto peer = seeder(torrent);
  start({"--seed-percent", "0", "--look-seconds", "86400"});
  want(torrent);
  BOOST_TEST_REQUIRE(becomes(torrent, "completed"), bridge->err());
  BOOST_TEST_REQUIRE(comes_true([&] { return !fs::exists(home(torrent) / "open"); }));
  peer.reset();
  Viewer viewer(*this, torrent);
  viewer.ask(0, size);
  // Who asks later is answered later: then the first one reads.
  BOOST_TEST((Viewer(*this, torrent).read(0, 1) == bytes(torrent).substr(0, 1)));
  {
    std::fstream out(loaded(torrent), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(damaged);
    out << "these bytes are not of the film";
  }
  about("recheckDownload", torrent);
  BOOST_TEST_REQUIRE(becomes(torrent, "downloading"), bridge->err());
  auto read = std::async(std::launch::async, [&] { return viewer.peer().hear(); });
  // All before it comes, and nothing of it.
  BOOST_TEST((Viewer(*this, torrent).read(0, damaged) == bytes(torrent).substr(0, damaged)));
  peer = seeder(torrent);
  const auto answer = read.get();
  BOOST_TEST(answer.status == 206);
  BOOST_TEST((answer.body == bytes(torrent)));
}

BOOST_AUTO_TEST_CASE(catlog_play_starts_says_where_it_is_and_touches) {
  const Torrent torrent = film({{"a film.mkv", 2 * megabyte}});
  const auto peer = seeder(torrent);
  want(torrent);
  about("removeStorage", torrent);
  start({"--seed-percent", "0"});
  const Ran unknown = play({"tmdb:2", "--print-url"});
  BOOST_TEST(unknown.exit_code == 1);
  BOOST_TEST(play({"film", "--print-url"}).exit_code == 2);
  const Ran refused = play({"tmdb:1", "--print-url"});
  BOOST_TEST(refused.exit_code == 1);
  BOOST_TEST(has(refused.err, "--start"), refused.err);
  const Ran played = play({"tmdb:1", "--start", "--print-url"});
  BOOST_TEST_REQUIRE(played.exit_code == 0, played.err << bridge->err());
  BOOST_TEST(played.out == Viewer::address(*this) + "/" + torrent.hash + "\n");
  BOOST_TEST(has(played.err, loaded(torrent).string()), played.err);
  BOOST_TEST(has(data.out_of({"log", "--type", "storageTouched"}), "storageTouched"));
  BOOST_TEST_REQUIRE(becomes(torrent, "completed"), bridge->err());
  for (const std::string& name : {torrent.hash, std::string("movies/1"), std::string("movie_sources/1")})
    BOOST_TEST(play({name, "--print-url"}).out == played.out, name);
  BOOST_TEST(play({torrent.hash, "--print-url", "--file", "a film.mkv"}).out ==
             Viewer::address(*this) + "/" + torrent.hash + "/a%20film.mkv\n");
  // The program has the address as its argument.
  BOOST_TEST(play({"tmdb:1", "--with", "echo"}).out == played.out);
  const Ran nothing = play({"tmdb:1", "--with", "/no/such/player"});
  BOOST_TEST(nothing.exit_code == 4);
  BOOST_TEST(has(nothing.err, "--print-url"), nothing.err);
  // What is no address of the bridge is given to no player, whoever wrote it there.
  const std::string address = Viewer::address(*this), server = address.substr(0, address.rfind('/'));
  const std::string secret = address.substr(address.rfind('/'));
  for (const std::string& other : {server + "@evil.example" + secret, server + "/x", server, address + "/..",
                                   address + " --script=x", "http://evil.example:80" + secret}) {
    std::ofstream(downloads() / "play") << other << "\n";
    BOOST_TEST(play({"tmdb:1", "--print-url"}).exit_code == 6, other);
  }
  std::ofstream(downloads() / "play") << address << "\n";
  BOOST_TEST(play({"tmdb:1", "--print-url"}).exit_code == 0);
  bridge->terminate();
  const Ran away = play({"tmdb:1", "--print-url"});
  BOOST_TEST(away.exit_code == 6);
  BOOST_TEST(has(away.err, "catlog-torrent"), away.err);
}

BOOST_AUTO_TEST_CASE(of_two_downloads_of_a_movie_the_one_that_was_chosen_is_waited_for) {
  const Torrent chosen = film({{"one.mkv", megabyte}}), other = film({{"two.mkv", megabyte}});
  start({"--seed-percent", "0"});
  want(chosen);
  auto played = std::async(std::launch::async, [&] { return play({"tmdb:1", "--print-url"}); });
  BOOST_TEST_REQUIRE(comes_true([&] {
    return has(data.out_of({"log", "--type", "storageTouched"}), "storageTouched");
  }));
  const auto another = seeder(other);
  want(other);
  BOOST_TEST_REQUIRE(becomes(other, "completed", {&*another}), bridge->err());
  const auto peer = seeder(chosen);
  BOOST_TEST(becomes(chosen, "completed", {&*peer}), bridge->err());
  const Ran ran = played.get();
  BOOST_TEST(ran.exit_code == 0, ran.err);
  BOOST_TEST(ran.out == Viewer::address(*this) + "/" + chosen.hash + "\n");
}

BOOST_AUTO_TEST_CASE(what_was_asked_for_just_before_is_played_though_the_tables_are_behind) {
  const Torrent torrent = film({{"film.mkv", megabyte}});
  const auto peer = seeder(torrent);
  start();
  BOOST_TEST_REQUIRE(data.rows("SELECT id FROM movies").size() == 1u);
  projector::Database writer(data / "readmodel/current.sqlite", projector::Open::write);
  writer.run("BEGIN IMMEDIATE");  // and the projector waits
  want(torrent);
  auto played = std::async(std::launch::async, [&] { return play({"tmdb:1", "--print-url"}); });
  constexpr std::chrono::milliseconds looks_at_least_once{500};
  BOOST_TEST((played.wait_for(looks_at_least_once) == std::future_status::timeout));
  writer.roll_back();
  const Ran ran = played.get();
  BOOST_TEST(ran.exit_code == 0, ran.err);
}

BOOST_AUTO_TEST_CASE(where_nobody_is_to_play_there_is_no_address) {
  start({"--play-endpoint", "none"});
  const Torrent torrent = film({{"film.mkv", megabyte}});
  const auto peer = seeder(torrent);
  want(torrent);
  BOOST_TEST_REQUIRE(becomes(torrent, "seeding"), bridge->err());
  BOOST_TEST(!fs::exists(downloads() / "play"));
  BOOST_TEST(play({torrent.hash, "--print-url"}).exit_code == 6);
  bridge->terminate();
  BOOST_TEST(run({"--play-endpoint", "tcp://0.0.0.0:8000"}).exit_code == 2);
}

// A film whose table of contents is at its end, which a real demuxer reads while little else is there.
BOOST_AUTO_TEST_CASE(ffprobe_reads_a_film_while_it_loads) {
  if (!fs::exists("/usr/bin/ffprobe")) {
    BOOST_TEST_MESSAGE("not tried: there is no ffprobe (ops/install --ffmpeg)");
    return;
  }
  const fs::path made = seeds.path() / "film.mp4";
  const Ran encoded =
      tests::run({"/usr/bin/ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=duration=40:size=640x360:rate=25",
                  "-c:v", "mpeg4", "-b:v", "2M", made.string()});
  BOOST_TEST_REQUIRE(encoded.exit_code == 0, encoded.err);
  const std::string film = read_text(made);
  BOOST_TEST(film.rfind("moov") > film.size() / 2);
  Torrent torrent = torrent_of(made, piece_bytes);
  torrent.magnet += "&tr=" + tracker.udp();
  const auto peer = seeder(torrent, film.size() / 20);
  start({"--seed-percent", "0"});
  want(torrent);
  const Ran played = play({torrent.hash, "--print-url"});
  BOOST_TEST_REQUIRE(played.exit_code == 0, played.err);
  const std::string url = played.out.substr(0, played.out.find('\n'));
  const Ran probed = tests::run({"/usr/bin/ffprobe", "-v", "error", "-show_entries",
                                 "format=duration:stream=width,codec_name", "-of", "csv", url});
  BOOST_TEST(probed.exit_code == 0, probed.err);
  BOOST_TEST(has(probed.out, "mpeg4"), probed.out);
  BOOST_TEST(has(probed.out, "40.0"), probed.out);
  BOOST_TEST(peer->given_bytes() < film.size());
  // A seek: the picture at half of it, decoded.
  const Ran jumped =
      tests::run({"/usr/bin/ffmpeg", "-v", "error", "-ss", "30", "-i", url, "-frames:v", "1", "-f", "framemd5", "-"});
  BOOST_TEST(jumped.exit_code == 0, jumped.err);
  BOOST_TEST(peer->given_bytes() < film.size());
  const Ran same = tests::run(
      {"/usr/bin/ffmpeg", "-v", "error", "-ss", "30", "-i", made.string(), "-frames:v", "1", "-f", "framemd5", "-"});
  BOOST_TEST(jumped.out == same.out);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
