#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(batch_actor_test)

// A batch once let a guest become admin: a command in it that named another actor, or none, was judged by that.
namespace {

using namespace catlog;
using tests::outcome;

constexpr const char* hash = "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

struct Users : tests::WriteSide {
  Users() {
    for (const char* name : {"root", "guest"})
      accept(fmt::format(R"({{"registerUser":{{"username":"{}","passwordHash":"{}","role":"{}"}}}})", name, hash,
                         std::string_view(name) == "root" ? "admin" : "guest"));
  }

  // One command that makes user 2 an admin, in a batch; either may have an actor.
  events::Receipt promote(const std::string& batch_actor, const std::string& inner_actor) {
    const auto id = events::to_string(events::new_uuid());
    return send(fmt::format(
        R"({{{}"batch":{{"commands":[{{"id":"{}",{}"assignRole":{{"user":{{"id":2}},"role":"admin"}}}}]}}}})",
        batch_actor, id, inner_actor));
  }
};

BOOST_FIXTURE_TEST_SUITE(batch_actor, Users)

BOOST_AUTO_TEST_CASE(a_command_in_a_batch_cannot_have_another_actor) {
  const std::string guest = R"("actor":{"userId":2},)", root = R"("actor":{"userId":1},)";
  const auto head = log().head();
  for (const std::string& inner :
       {std::string(), guest, root, std::string(R"("actor":{},)"), std::string(R"("actor":{"userId":null},)"),
        std::string(R"("actor":{"ipAddress":"192.0.2.1"},)")}) {
    const auto receipt = promote(guest, inner);
    BOOST_TEST(
        outcome(receipt) == (inner.empty() ? "forbidden actor.userId" : "forbidden batch.commands[0].actor.userId"),
        inner);
    BOOST_TEST(log().head() == head);
  }
  // A service's batch may speak for users, and an admin's for itself.
  BOOST_TEST(outcome(promote("", guest)) == "forbidden batch.commands[0].actor.userId");
  BOOST_TEST(outcome(promote(root, root)) == "accepted");
}

BOOST_AUTO_TEST_CASE(what_is_about_no_single_thing_has_no_version) {
  const char* bodies[] = {R"({"expectedVersion":5,"batch":{"commands":[{"id":"01936b2e-8c00-7000-8000-000000000001",)"
                          R"("putGenre":{"tmdbId":1,"name":"A"}}]}})",
                          R"({"expectedVersion":0,"purgeAuditLogs":{"before":"2020-01-01T00:00:00Z"}})",
                          R"({"expectedVersion":5,"expireRefreshTokens":{}})",
                          R"({"expectedVersion":5,"rescoreSources":{}})"};
  for (const char* body : bodies) BOOST_TEST(outcome(send(body)) == "invalid expectedVersion", body);
}

BOOST_AUTO_TEST_CASE(a_repeated_receipt_is_the_same_where_the_subject_did_not_change) {
  accept(
      R"({"putMovie":{"tmdbId":1,"title":"T","overview":"","releaseDate":"","poster":"","backdrop":"","runtime":90}})");
  for (const char* digit : {"a", "b"})
    accept(fmt::format(R"({{"addMovieSource":{{"movie":{{"tmdbId":1}},"quality":"720p","type":"web","size":{},)"
                       R"("language":"en","title":"T","magnetUri":"magnet:?xt=urn:btih:{}"}}}})",
                       *digit == 'a' ? 800'000'000 : 0, std::string(40, *digit)));
  // With another runtime the first source's score moves; of the second the size is unknown, so it stays.
  accept(
      R"({"putMovie":{"tmdbId":1,"title":"T","overview":"","releaseDate":"","poster":"","backdrop":"","runtime":30}})");
  const std::string id = "01936b2e-8c00-7000-8000-000000000077";
  const auto first = send(R"({"rescoreSources":{}})", id), again = send(R"({"rescoreSources":{}})", id);
  BOOST_TEST(outcome(first) == "accepted");
  BOOST_TEST(events::encode(first, events::Encoding::json) == events::encode(again, events::Encoding::json));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
