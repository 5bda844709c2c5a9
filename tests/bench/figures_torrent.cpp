// The download bridge: what it costs a transfer, its memory, and how soon the swarms of thousands are looked at.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"
#include "tests/support/http_peer.h"
#include "tests/support/torrents/house.h"
#include "tests/support/torrents/tracker.h"

namespace catlog::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds longest{300};
constexpr std::chrono::milliseconds look_every{2}, meet_every{200};
constexpr double kib_per_mib = 1'024;

void expect(bool holds, const std::string& what) {
  if (!holds) throw events::Failure(events::Exit::failure, what);
}

// Where a bridge answers, as its log says; a line of its /metrics.
class Metrics {
 public:
  explicit Metrics(const tests::House& house) : peer_(address_of(house.bridge->err())) {}
  double operator()(const std::string& name) {
    const std::string text = peer_.get("/metrics").body, start = "\ncatlog_torrent_" + name + " ";
    const size_t at = text.find(start);
    expect(at != text.npos, "the bridge shows no " + name);
    return std::stod(text.substr(at + start.size()));
  }
  // Looks until it is so; seconds from now on. `meanwhile` is called now and then.
  double seconds_to(const std::string& name, double value, const std::function<void()>& meanwhile) {
    const int64_t begin_ns = now_ns();
    for (int64_t next_ns = begin_ns; (*this)(name) < value;) {
      expect(now_ns() - begin_ns < std::chrono::nanoseconds(longest).count(), "the bridge does not come to " + name);
      if (now_ns() >= next_ns) {
        meanwhile();
        next_ns = now_ns() + std::chrono::nanoseconds(meet_every).count();
      }
      std::this_thread::sleep_for(look_every);
    }
    return static_cast<double>(now_ns() - begin_ns) / 1e9;
  }

 private:
  static std::string address_of(const std::string& said) {
    const std::string before = "answered at ";
    const size_t at = said.find(before) + before.size();
    return said.substr(at, said.find_first_of(" \n", at) - at);
  }
  tests::HttpPeer peer_;
};

double through_bridge_s(const fs::path& programs, const tests::Torrent& torrent, const fs::path& seeds) {
  tests::House house(programs);
  tests::Peer seeder(torrent, seeds);
  house.give(torrent);
  house.want(torrent);
  house.start({"--http-endpoint", "tcp://127.0.0.1:0"});
  Metrics metrics(house);
  metrics.seconds_to("transfers{phase=\"loading\"}", 1, [] {});
  return metrics.seconds_to("transfers{phase=\"whole\"}", 1, [&] { seeder.meet(house.port()); });
}

double bare_s(const fs::path& program, const tests::Torrent& torrent, const fs::path& seeds) {
  const tests::TemporaryDirectory own;
  std::ofstream(own / "torrent", std::ios::binary) << torrent.bytes;
  tests::Peer seeder(torrent, seeds);
  const auto command =
      fmt::format("'{}' '{}' '{}'", program.string(), (own / "torrent").string(), (own / "files").string());
  const std::unique_ptr<FILE, int (*)(FILE*)> said(::popen(command.c_str(), "r"), ::pclose);
  char line[32] = {};
  expect(said && std::fgets(line, sizeof line, said.get()), "the bare session does not begin");
  const int64_t begin_ns = now_ns();
  const std::jthread meets([&seeder, port = static_cast<uint16_t>(std::atoi(line))](const std::stop_token& stop) {
    for (; !stop.stop_requested(); std::this_thread::sleep_for(meet_every)) seeder.meet(port);
  });
  expect(std::fgets(line, sizeof line, said.get()) && std::string(line) == "whole\n", "the bare session loads nothing");
  return static_cast<double>(now_ns() - begin_ns) / 1e9;
}

double resident_mib(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string label;
    double kib = 0;
    if (fields >> label >> kib && label == "VmRSS:") return kib / kib_per_mib;
  }
  throw events::Failure(events::Exit::failure, "there is no VmRSS of the bridge in /proc");
}

void add_sources(const tests::House& house, const tests::Tracker& tracker, size_t count) {
  std::string commands;
  for (size_t number = 1; number <= count; ++number)
    commands += fmt::format(R"({{"addMovieSource":{{"movie":{{"tmdbId":1}},"quality":"1080p","type":"web","size":1000,)"
                            R"("magnetUri":"magnet:?xt=urn:btih:{:08x}{:032x}&tr={}","language":"en","title":"M",)"
                            R"("seeds":1,"peers":1}}}})"
                            "\n",
                            number, number, tracker.udp());
  house.data.out_of({"send", "-"}, commands);
}

}  // namespace

void Figures::torrent() {
  const fs::path programs = program_.parent_path();
  // What suites' helpers make is on the disk that is measured.
  ::setenv("TMPDIR", scratch_.path().c_str(), 1);
  if (!film_) {
    const uint64_t bytes = counts_.film_bytes;
    film_ = tests::make_torrent({.files = {{"film.mkv", bytes}}, .piece_bytes = 1 << 20}, scratch_ / "seeds");
  }
  const double megabytes = static_cast<double>(film_->size) / 1e6;
  ::sync();
  const double bridge_s = through_bridge_s(programs, *film_, scratch_ / "seeds");
  ::sync();
  const double bare = bare_s(programs / "bench-download", *film_, scratch_ / "seeds");
  table_.add({fmt::format("bridge, one torrent of {:.0f} MB: MB/s", megabytes),
              "libtorrent's session alone, same settings", ">= 0.9"},
             megabytes / bridge_s, megabytes / bare);
  many_transfers();
}

void Figures::many_transfers() {
  tests::House house(program_.parent_path());
  const tests::Tracker tracker;
  const size_t sources = counts_.swarms, transfers = counts_.transfers;
  std::vector<tests::Torrent> torrents;
  for (size_t i = 0; i < transfers; ++i)
    torrents.push_back(
        tests::make_torrent({.files = {{fmt::format("film{}", i), 4 << 20}}, .seed = i + 1}, house.seeds.path()));
  tests::Peer seeder(torrents, house.seeds.path(), {});
  add_sources(house, tracker, sources);
  house.start({"--active", "100", "--http-endpoint", "tcp://127.0.0.1:0"});
  Metrics metrics(house);
  const double looked_s =
      metrics.seconds_to("looks_at_swarms_total{outcome=\"answered\"}", static_cast<double>(sources), [] {});
  house.want(torrents);
  metrics.seconds_to("transfers{phase=\"whole\"}", static_cast<double>(transfers), [&] { seeder.meet(house.port()); });
  table_.add({fmt::format("bridge, {} sources looked at by a tracker of this machine: s", sources), "", "<= 2 s"},
             looked_s);
  table_.add({fmt::format("bridge, {} sources and {} transfers: resident memory, MiB", sources, transfers)},
             resident_mib(house.bridge->pid()));
}

}  // namespace catlog::bench
