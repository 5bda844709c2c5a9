#include <boost/test/unit_test.hpp>

#include <fstream>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "tests/support/data_directory.h"
#include "tests/support/torrents/torrents.h"
#include "tests/support/torrents/tracker.h"

BOOST_AUTO_TEST_SUITE(swarms_test)

// The swarms of sources, from a tracker of this machine to the rows.
using namespace catlog::tests;

namespace {

std::string hash_number(unsigned number) { return fmt::format("{:08x}{:032x}", number, number); }

struct Swarms {
  DataDirectory data{CATLOG_BIN};
  TemporaryDirectory own;
  Tracker tracker;
  std::optional<Daemon> daemon{std::in_place, CATLOG_BIN "/catlogd", data.path()};
  std::optional<Daemon> bridge;

  // One of a movie's sources, last seen at the beginning of 2025.
  std::string source(unsigned number) const {
    return fmt::format(
        R"({{"addMovieSource":{{"movie":{{"tmdbId":1}},"quality":"1080p","type":"web","size":1000,"language":"en",)"
        R"("title":"M","magnetUri":"magnet:?xt=urn:btih:{}&tr={}","seeds":7,"peers":7,)"
        R"("lastSeen":"2025-01-01T00:00:00Z"}}}})",
        hash_number(number), number % 2 ? tracker.udp() : tracker.http());
  }
  void add(unsigned count) const {
    std::string commands =
        R"({"putMovie":{"tmdbId":1,"title":"M","overview":"","releaseDate":"","poster":"","backdrop":""}})"
        "\n";
    for (unsigned number = 1; number <= count; ++number) commands += source(number) + "\n";
    data.out_of({"send", "-"}, commands);
  }
  void start() {
    bridge.emplace(CATLOG_BIN "/catlog-torrent", data.path(),
                   std::vector<std::string>{"--downloads", (own / "downloads").string(), "--listen", "127.0.0.1:0"});
  }
  std::string number(const std::string& sql) const { return data.rows(sql).at(0).at("n"); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_trackers_tell_of_swarms_becomes_rows_and_nobody_moves_no_time, Swarms) {
  constexpr unsigned count = 400;
  add(count);
  for (unsigned each = 1; each <= count; ++each) tracker.set(hash_number(each), {each % 10 ? each : 0, 0});
  start();
  const bool all = comes_true([&] { return number("SELECT count(*) AS n FROM movie_sources WHERE peers = 7") == "0"; });
  BOOST_TEST(all, bridge->err());
  BOOST_TEST(number("SELECT sum(seeds) AS n FROM movie_sources") == std::to_string(400 * 401 / 2 - 10 * 40 * 41 / 2));
  BOOST_TEST(number("SELECT count(*) AS n FROM movie_sources WHERE seeds = 0 AND lastSeen < '2025-01-02'") == "40");
  BOOST_TEST(number("SELECT count(*) AS n FROM movie_sources WHERE seeds > 0 AND lastSeen > '2025-01-02'") == "360");
  // After another start none is due, and the log hears nothing.
  BOOST_TEST(bridge->terminate() == 0);
  const auto asked = tracker.counts();
  start();
  data.out_of({"send", "-"}, source(count + 1) + "\n");
  BOOST_TEST(comes_true([&] { return number("SELECT count(*) AS n FROM movie_sources WHERE peers = 7") == "0"; }));
  BOOST_TEST(tracker.counts().scraped_hashes == asked.scraped_hashes + 1);
  BOOST_TEST(bridge->terminate() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
