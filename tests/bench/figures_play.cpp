// How soon a film can be played while it loads, over a line of a known rate.
#include <chrono>
#include <future>
#include <string>

#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/support/torrents/tracker.h"
#include "tests/support/torrents/viewer.h"

namespace catlog::bench {

namespace {

constexpr uint64_t line_bytes_a_second = 1 << 20;
constexpr int piece_bytes = 32 << 10;
constexpr size_t jump_bytes = 64 << 10;
constexpr double jumps[] = {0.7, 0.4, 0.85};

void must(bool holds, const char* what) {
  if (!holds) throw events::Failure(events::Exit::failure, what);
}

}  // namespace

void Figures::play() {
  tests::House house(program_.parent_path());
  tests::Tracker tracker;
  const uint64_t size = counts_.played_mib << 20, edge = size / 100;
  auto torrent = tests::make_torrent({.files = {{"film.mkv", size}}, .piece_bytes = piece_bytes}, house.seeds.path());
  torrent.magnet += "&tr=" + tracker.udp();
  const std::string film = tests::read_text(house.seeds.path() / torrent.paths.front());
  tests::Peer seeder(torrent, house.seeds.path(), {.upload_rate = line_bytes_a_second, .tracker = tracker.udp()});
  house.start({"--seed-percent", "0"});
  must(tests::comes_true([&] { return tracker.announced(torrent.hash).seeds == 1; }), "the seeder is not found");
  const int64_t begun_ns = now_ns();
  const auto seconds_since = [](int64_t then_ns) { return static_cast<double>(now_ns() - then_ns) / 1e9; };
  house.want(torrent);
  const auto is_right = [&](uint64_t from, uint64_t to) {
    return tests::Viewer(house, torrent).read(from, to) == film.substr(from, to - from);
  };
  auto end = std::async(std::launch::async, [&] { return is_right(size - edge, size); });
  must(is_right(0, edge) && end.get(), "the film's ends are not what they should be");
  const double ends_s = seconds_since(begun_ns);
  for (const double part : jumps) {
    const auto at = static_cast<uint64_t>(static_cast<double>(size) * part);
    const int64_t asked_ns = now_ns();
    must(is_right(at, at + jump_bytes), "the film is not what it should be");
    table_.add({"a player jumps into what is not there, 1 MiB/s: until its first 64 KiB, s", "", "<= 3"},
               seconds_since(asked_ns));
  }
  must(is_right(0, size), "the film is not what it should be");
  table_.add({"first and last 1 % of a film can be read, 1 MiB/s: % of the time from startDownload until all is there",
              "", "<= 10"},
             ends_s / seconds_since(begun_ns) * 100);
}

}  // namespace catlog::bench
