#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_references_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr const char* id_a = "01936b2e-8c00-7000-8000-00000000000a";
constexpr const char* id_b = "01936b2e-8c00-7000-8000-00000000000b";
constexpr const char* id_c = "01936b2e-8c00-7000-8000-00000000000c";

std::string rate(int64_t rating, int64_t tmdb_id) {
  return fmt::format("{{\"rateMovie\":{{\"movie\":{{\"tmdbId\":{}}},\"rating\":{}}}}}", tmdb_id, rating);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(references, Catalogue)

BOOST_AUTO_TEST_CASE(created_by_finds_what_a_command_was_about) {
  accept(movie_fields(700).as("putMovie"), id_a);
  auto by_command = fmt::format("{{\"createdBy\":\"{}\"}}", id_a);
  auto rate_it = fmt::format("{{\"rateMovie\":{{\"movie\":{},\"rating\":3}}}}", by_command);
  BOOST_TEST(accept(rate_it).effect.subject_id == 2);
  restart(StateFolder::deleted);
  check_refused(*this, {{fmt::format("{{\"removeTvShow\":{{\"tvShow\":{}}}}}", by_command), "notFound tvShow"},
                        {fmt::format("{{\"removeUser\":{{\"user\":{}}}}}", by_command), "notFound user"}});
  accept("{\"removeMovie\":{\"movie\":{\"tmdbId\":700}}}");
  BOOST_TEST(outcome(send(rate_it)) == "notFound movie");
  accept(token_fields().as("issueRefreshToken"), id_b);
  BOOST_TEST(outcome(send(fmt::format("{{\"revokeRefreshToken\":{{\"token\":{{\"createdBy\":\"{}\"}}}}}}", id_b))) ==
             "accepted");
}

// A producer that repeats its import names what it put by the command that put it, changed or not.
BOOST_AUTO_TEST_CASE(created_by_finds_what_an_unchanged_command_was_about) {
  accept(movie_fields(700).as("putMovie"));
  const auto rate_of = [](const char* id, int rating) {
    return fmt::format(R"({{"rateMovie":{{"movie":{{"createdBy":"{}"}},"rating":{}}}}})", id, rating);
  };
  BOOST_TEST(outcome(send(movie_fields(700).as("putMovie"), id_a)) == "unchanged");
  BOOST_TEST(accept(rate_of(id_a, 3)).effect.subject_id == 2);
  BOOST_TEST(outcome(send(fmt::format(R"({{"removeTvShow":{{"tvShow":{{"createdBy":"{}"}}}}}})", id_a))) ==
             "notFound tvShow");
  // In the same batch too; and what a refused batch did was never done.
  const auto member = [](const char* id, std::string command) {
    return command.insert(1, fmt::format(R"("id":"{}",)", id));
  };
  const auto batch = [&](const std::string& last) {
    return fmt::format(R"({{"batch":{{"commands":[{},{}]}}}})", member(id_b, movie_fields(700).as("putMovie")), last);
  };
  BOOST_TEST(outcome(send(batch(member(id_c, rate_of(id_b, -1))))) == "invalid batch.commands[1].rating");
  BOOST_TEST(outcome(send(rate_of(id_b, 4))) == "notFound movie");
  BOOST_TEST(outcome(send(batch(member(id_c, rate_of(id_b, 4))))) == "accepted");
  BOOST_TEST(accept(rate_of(id_b, 5)).effect.subject_id == 2);
  restart(StateFolder::kept);
  BOOST_TEST(outcome(send(rate_of(id_a, 1))) == "notFound movie");
}

BOOST_AUTO_TEST_CASE(what_is_not_found_is_named_but_no_secret) {
  const auto said = [&](const std::string& command) { return send(command).refusal.message; };
  BOOST_TEST(said(rate(1, 604)) == "there is no movie with tmdbId 604");
  BOOST_TEST(said(R"({"removeMovie":{"movie":{"id":99}}})") == "there is no movie with id 99");
  BOOST_TEST(said(fmt::format(R"({{"removeMovie":{{"movie":{{"createdBy":"{}"}}}}}})", id_b)) ==
             fmt::format("there is no movie with createdBy {}", id_b));
  BOOST_TEST(said(R"({"removeUser":{"user":{"username":"bob"}}})") == "there is no user with username bob");
  BOOST_TEST(said(R"({"removeUser":{"user":{"username":")" + std::string(500, 'b') + R"("}}})") ==
             "there is no user with this username");
  BOOST_TEST(said(R"({"revokeRefreshToken":{"token":{"token":"hunter2"}}})") ==
             "there is no refreshToken with this token");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
