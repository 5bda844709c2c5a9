#include "commandhandler/rules/score.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <initializer_list>

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

BOOST_AUTO_TEST_CASE(the_values_of_this_formula_stay) {
  BOOST_TEST(score(good) == 9.92);
  BOOST_TEST(score({"1080p", "web", 276'445'467, 10, 120, 14, "en"}) == 9.37);
  BOOST_TEST(score({"720p", "web", 900'000'000, 100, 9, 0, "en"}) == 7.13);
  BOOST_TEST(score({}) == 1.75);
}

BOOST_AUTO_TEST_CASE(a_size_far_from_what_the_runtime_needs_scores_less) {
  auto small = good, large = good, unknown = good;
  small.size_bytes /= 5;
  large.size_bytes *= 5;
  unknown.runtime_min = 0;
  for (const auto& input : {small, large, unknown}) BOOST_TEST(score(input) < score(good));
}

BOOST_AUTO_TEST_SUITE_END()
