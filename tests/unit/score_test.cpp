#include "commandhandler/rules/score.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(score_test)

using namespace catlog::commandhandler;

namespace {

const ScoreInput good{"1080p", "bluray", 1'800'000'000, 100, 120, 20, "en"};

}  // namespace

BOOST_AUTO_TEST_CASE(a_score_lies_between_0_and_10_with_two_decimals) {
  for (auto quality : {"2160p", "1440p", "1080p", "720p", "480p", "3D", "", "cam"})
    for (auto type : {"bluray", "web", "hdtv", "dvd", "", "other"})
      for (int64_t size : {int64_t{INT64_MIN}, int64_t{-1}, int64_t{0}, int64_t{1'000'000'000}, int64_t{INT64_MAX}})
        for (int64_t runtime : {int64_t{INT64_MIN}, int64_t{0}, int64_t{100}, int64_t{INT64_MAX}})
          for (int64_t seeds : {int64_t{INT64_MIN}, int64_t{0}, int64_t{7}, int64_t{INT64_MAX}})
            for (auto language : {"", "en", "xx"}) {
              double value = score({quality, type, size, runtime, seeds, seeds, language});
              BOOST_REQUIRE(value >= 0);
              BOOST_REQUIRE(value <= 10);
              BOOST_REQUIRE(std::abs(value * 100 - std::round(value * 100)) < 1e-6);
            }
}

BOOST_AUTO_TEST_CASE(more_seeds_and_peers_never_score_less) {
  auto with_seeds = good, with_peers = good;
  double seeds_before = 0, peers_before = 0;
  for (int64_t count = 0; count < 2'000; ++count) {
    with_seeds.seeds = with_peers.peers = count;
    BOOST_REQUIRE(score(with_seeds) >= seeds_before);
    BOOST_REQUIRE(score(with_peers) >= peers_before);
    seeds_before = score(with_seeds);
    peers_before = score(with_peers);
  }
  with_seeds.seeds = 0;
  BOOST_TEST(seeds_before > score(with_seeds) + 2);
}

// The published table: forty sources, each with the score that it has, the better ones first.
BOOST_AUTO_TEST_CASE(forty_sources_stand_in_the_published_order) {
  std::ifstream document(CATLOG_SOURCE "/commandhandler/README.md");
  std::string line;
  while (std::getline(document, line) && line != "| score | quality | type | MB | seeds | peers | language |") {
  }
  std::getline(document, line);
  size_t sources = 0;
  double before = 10;
  while (std::getline(document, line) && line.starts_with("| ")) {
    std::vector<std::string> cells;
    std::istringstream parts(line);
    for (std::string cell; std::getline(parts, cell, '|');) {
      const auto first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
      cells.push_back(first == std::string::npos ? std::string() : cell.substr(first, last - first + 1));
    }
    BOOST_REQUIRE(cells.size() == 8u);
    const auto known = [&](size_t cell) { return cells[cell] == "unknown" ? std::string() : cells[cell]; };
    const auto quality = known(2), type = known(3), language = known(7);
    const double now = score(
        {quality, type, std::stoll(cells[4]) * 1'000'000, 100, std::stoll(cells[5]), std::stoll(cells[6]), language});
    BOOST_TEST(now == std::stod(cells[1]), line);
    BOOST_TEST(now <= before, line);
    before = now;
    ++sources;
  }
  BOOST_TEST(sources == 40u);
}

// Any source that somebody seeds, however bad, before any that nobody does; and no swarm makes a class of picture.
BOOST_AUTO_TEST_CASE(what_plays_stands_before_what_does_not_and_picture_before_swarm) {
  constexpr int64_t many = 1'000'000;
  double best_dead = 0, worst_alive = 10;
  for (auto quality : {"2160p", "1440p", "1080p", "720p", "480p", "3D", ""})
    for (auto type : {"bluray", "web", "hdtv", "dvd", "scr", "tc", "ts", "cam", ""})
      for (int64_t size : {int64_t{0}, int64_t{1'000'000}, int64_t{1'800'000'000}, int64_t{60'000'000'000}})
        for (auto language : {"", "en"}) {
          best_dead = std::max(best_dead, score({quality, type, size, 100, 0, many, language}));
          worst_alive = std::min(worst_alive, score({quality, type, size, 100, 1, 0, language}));
        }
  BOOST_TEST(best_dead < worst_alive);
  const auto fitting = [](const char* quality, const char* type, int64_t mb_per_min, int64_t seeds) {
    return score({quality, type, mb_per_min * 100 * 1'000'000, 100, seeds, seeds, "en"});
  };
  for (auto type : {"bluray", "web", "hdtv"}) {
    BOOST_TEST(fitting("1080p", type, 18, 2) > fitting("720p", type, 9, 500));
    BOOST_TEST(fitting("720p", type, 9, 1) > fitting("480p", type, 5, many));
  }
  for (auto type : {"cam", "ts", "tc"}) BOOST_TEST(fitting("480p", "web", 5, 1) > fitting("1080p", type, 18, many));
}

BOOST_AUTO_TEST_CASE(a_size_far_from_what_the_runtime_needs_scores_less) {
  auto small = good, large = good, unknown = good;
  small.size_bytes /= 5;
  large.size_bytes *= 5;
  unknown.runtime_min = 0;
  for (const auto& input : {small, large, unknown}) BOOST_TEST(score(input) < score(good));
}

BOOST_AUTO_TEST_SUITE_END()
