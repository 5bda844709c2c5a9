#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_look_up_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

std::string look_up(const std::string& thing) { return "{\"lookUp\":" + thing + "}"; }

std::string told(const events::Receipt& receipt) { return events::encode(receipt, events::Encoding::json); }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(look_up_rules, Catalogue)

// The same by each of its names; a version that expectedVersion takes.
BOOST_AUTO_TEST_CASE(a_thing_is_found_with_its_id_version_and_names) {
  accept(
      R"({"putMovie":{"tmdbId":603,"imdbId":"tt0133093","title":"M","overview":"","releaseDate":"","poster":"","backdrop":""}})");
  const auto rated = accept(R"({"rateMovie":{"movie":{"tmdbId":603},"rating":8}})");
  const auto whole = fmt::format(
      R"({{"unchanged":{{"entityId":{0},"version":{1}}},"found":{{"movie":{{"id":{0},"tmdbId":603,"imdbId":"tt0133093"}}}}}})",
      rated.effect.subject_id, rated.effect.version);
  for (const auto& name : {std::string(R"("tmdbId":603)"), std::string(R"("imdbId":"tt0133093")"),
                           fmt::format("\"id\":{}", rated.effect.subject_id)}) {
    auto receipt = send(look_up("{\"movie\":{" + name + "}}"));
    receipt.id.clear();
    BOOST_TEST(told(receipt) == whole);
  }
  const auto stale = fmt::format(R"({{"expectedVersion":{},"rateMovie":{{"movie":{{"tmdbId":603}},"rating":9}}}})",
                                 rated.effect.version - 1);
  BOOST_TEST(outcome(send(stale)) == "versionConflict expectedVersion");
  const auto fresh = fmt::format(R"({{"expectedVersion":{},"rateMovie":{{"movie":{{"tmdbId":603}},"rating":9}}}})",
                                 rated.effect.version);
  BOOST_TEST(outcome(send(fresh)) == "accepted");
}

BOOST_AUTO_TEST_CASE(what_is_known_by_its_owner_is_told_with_it) {
  accept(
      R"({"putTvShow":{"tmdbId":1930,"name":"S","overview":"","firstAirDate":"","poster":"","backdrop":"","status":"","tagline":"","type":"","inProduction":false}})");
  const auto season = accept(
      R"({"putSeason":{"tvShow":{"tmdbId":1930},"seasonNumber":2,"name":"S2","overview":"","airDate":"","episodeCount":1,"poster":""}})");
  const auto told_of = told(send(look_up(R"({"season":{"tvShow":{"tmdbId":1930},"seasonNumber":2}})")));
  BOOST_TEST(told_of.find(fmt::format(R"("found":{{"season":{{"id":{},"tvShow":{{"id":)", season.effect.subject_id)) !=
                 told_of.npos,
             told_of);
  BOOST_TEST(told_of.find(R"("seasonNumber":2)") != told_of.npos, told_of);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found_and_nothing_is_changed) {
  const auto head = log().head();
  check_refused(
      *this, {{look_up(R"({"movie":{"tmdbId":99999999}})"), "notFound movie"},
              {look_up(R"({"user":{"username":"nobody"}})"), "notFound user"},
              {look_up("{}"), "invalid"},
              {look_up(R"({"genre":{"tmdbId":16},"movie":{"tmdbId":603}})"), "invalid"},
              {look_up(R"({"movie":{}})"), "invalid movie"},
              {R"({"batch":{"commands":[{"id":"01936b2e-8c00-7000-8000-00000000000d","lookUp":{"movie":{"id":1}}}]}})",
               "invalid batch.commands[0]"}});
  BOOST_TEST(log().head() == head);
}

// A question must not push out what repeated imports need.
BOOST_AUTO_TEST_CASE(a_question_is_nothing_that_createdBy_names) {
  constexpr const char* id = "01936b2e-8c00-7000-8000-00000000000e";
  send(R"({"putGenre":{"tmdbId":16,"name":"Animation"}})");
  BOOST_TEST(outcome(send(look_up(R"({"genre":{"tmdbId":16}})"), id)) == "unchanged");
  BOOST_TEST(outcome(send(fmt::format(R"({{"removeGenre":{{"genre":{{"createdBy":"{}"}}}}}})", id))) ==
             "notFound genre");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
