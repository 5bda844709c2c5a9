#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_envelope_test)

using namespace catlog;
using namespace catlog::tests;
using events::Receipt;

namespace {

constexpr const char* id_a = "01936b2e-8c00-7000-8000-00000000000a";
constexpr const char* id_b = "01936b2e-8c00-7000-8000-00000000000b";
constexpr const char* id_c = "01936b2e-8c00-7000-8000-00000000000c";

std::string rate(int64_t rating, int64_t tmdb_id = 603) {
  return fmt::format("{{\"rateMovie\":{{\"movie\":{{\"tmdbId\":{}}},\"rating\":{}}}}}", tmdb_id, rating);
}
std::string expecting(int64_t version, std::string_view command) {
  return in_envelope(fmt::format("\"expectedVersion\":{}", version), command);
}
std::string by(int64_t user, std::string_view command) {
  return in_envelope(fmt::format("\"actor\":{{\"userId\":{}}}", user), command);
}
std::string with_id(const char* id, std::string_view command) {
  return in_envelope(fmt::format("\"id\":\"{}\"", id), command);
}
bool equal(const Receipt& left, const Receipt& right) {
  return events::encode(left, events::Encoding::json) == events::encode(right, events::Encoding::json);
}
Fields text(const char* language) {
  return {{"movie", movie_ref()}, {"language", json_text(language)}, {"title", "\"T\""}, {"overview", "\"\""}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(envelope, Catalogue)

BOOST_AUTO_TEST_CASE(an_id_is_a_uuid) {
  for (auto id : {"x", "01936b2e-8c00-7000-8000-00000000000", "01936b2e8c0070008000000000000001",
                  "01936b2e-8c00-7000-8000-00000000000g", "{01936b2e-8c00-7000-8000-0000000000}"})
    check_refused(*this, {{with_id(id, rate(1)), "malformed id"}});
  auto no_id = events::read_command(rate(1), events::Encoding::json);
  BOOST_REQUIRE(no_id);
  BOOST_TEST(outcome(send(*no_id)) == "malformed id");
}

BOOST_AUTO_TEST_CASE(expected_version_is_the_streams) {
  auto version = accept(rate(1)).effect.version;
  check_refused(*this,
                {{expecting(int64_t(version) - 1, rate(2)), "versionConflict expectedVersion"},
                 {expecting(int64_t(version) + 1, rate(2)), "versionConflict expectedVersion"},
                 {expecting(0, rate(2)), "versionConflict expectedVersion"},
                 {expecting(-2, rate(2)), "invalid expectedVersion"},
                 {expecting(0, movie_fields().as("putMovie")), "versionConflict expectedVersion"},
                 {expecting(1, movie_fields(1000).as("putMovie")), "versionConflict expectedVersion"},
                 {expecting(0, season_fields().as("putSeason")), "versionConflict expectedVersion"},
                 {expecting(0, genre_fields().as("putGenre")), "versionConflict expectedVersion"},
                 {expecting(0, "{\"removeMediaList\":{\"mediaList\":{\"id\":1}}}"), "versionConflict expectedVersion"},
                 {expecting(7, list_fields().as("createMediaList")), "versionConflict expectedVersion"},
                 {expecting(7, user_fields("eve").as("registerUser")), "versionConflict expectedVersion"}});
  BOOST_TEST(accept(expecting(int64_t(version), rate(2))).effect.version == version + 1);
  BOOST_TEST(accept(expecting(-1, rate(3))).effect.version == version + 2);
  BOOST_TEST(outcome(send(expecting(0, movie_fields(1000).as("putMovie")))) == "accepted");
  BOOST_TEST(outcome(send(expecting(0, list_fields().as("createMediaList")))) == "accepted");
  // What changes nothing is judged by its version too.
  BOOST_TEST(outcome(send(expecting(1, rate(3)))) == "versionConflict expectedVersion");
}

BOOST_AUTO_TEST_CASE(rows_in_anothers_stream_go_by_the_owners_version) {
  auto version = int64_t(accept(rate(1)).effect.version);
  check_refused(*this,
                {{expecting(version + 1, text("es").as("putMovieTranslation")), "versionConflict expectedVersion"}});
  BOOST_TEST(accept(expecting(version, text("es").as("putMovieTranslation"))).effect.version == uint64_t(version + 1));
  check_refused(*this, {{expecting(0, text("es").as("putMovieTranslation")), "versionConflict expectedVersion"},
                        {expecting(version, text("es").as("putMovieTranslation")), "versionConflict expectedVersion"}});
  BOOST_TEST(outcome(send(expecting(0, text("de").as("putMovieTranslation")))) == "accepted");
  accept(trakt_fields().as("linkTrakt"));
  check_refused(*this, {{expecting(0, trakt_fields().as("linkTrakt")), "versionConflict expectedVersion"}});
}

BOOST_AUTO_TEST_CASE(a_receipt_names_positions_entity_and_version) {
  auto head = log().head();
  auto receipt = accept(movie_fields(700).with("rating", "1").with("genres", "[{\"id\":1}]").as("putMovie"), id_a);
  BOOST_TEST(receipt.id == id_a);
  BOOST_TEST(receipt.effect.first == head + 1);
  BOOST_TEST(receipt.effect.last == head + 3);
  BOOST_TEST(receipt.effect.subject_id == 2);
  BOOST_TEST(receipt.effect.version == 3);
  auto unchanged = send(movie_fields(700).as("putMovie"));
  BOOST_TEST(outcome(unchanged) == "unchanged");
  BOOST_TEST(unchanged.effect.subject_id == 2);
  BOOST_TEST(unchanged.effect.version == 3);
}

BOOST_AUTO_TEST_CASE(the_same_command_twice_has_one_effect_and_one_receipt) {
  auto first = accept(rate(5), id_a);
  accept(rate(6));
  auto head = log().head();
  BOOST_TEST(equal(send(rate(5), id_a), first));
  flush_state();
  BOOST_TEST(equal(send(rate(5), id_a), first));
  restart();
  BOOST_TEST(equal(send(rate(5), id_a), first));
  restart(StateFolder::deleted);
  BOOST_TEST(equal(send(rate(5), id_a), first));
  BOOST_TEST(log().head() == head);
}

BOOST_AUTO_TEST_CASE(one_id_is_one_command_in_either_encoding_and_key_order) {
  auto json = fmt::format("{{\"id\":\"{}\",\"rateMovie\":{{\"rating\":5.0,\"movie\":{{\"tmdbId\":\"603\"}}}}}}", id_a);
  auto first = accept(json);
  BOOST_TEST(equal(send(rate(5), id_a), first));
  capnp::MallocMessageBuilder message;
  auto command = message.initRoot<events::schema::Command>();
  command.setId(id_a);
  auto rating = command.initRateMovie();
  rating.initMovie().setTmdbId(603);
  rating.initRatings().setRating(5);
  auto bytes = events::encode(command.asReader(), events::Encoding::capnp);
  auto binary = events::read_command(bytes, events::Encoding::capnp);
  BOOST_REQUIRE(binary);
  BOOST_TEST(equal(send(*binary), first));
}

BOOST_AUTO_TEST_CASE(an_id_belongs_to_one_command) {
  accept(rate(5), id_a);
  accept(batch_of({with_id(id_c, rate(7))}), id_b);
  check_refused(*this, {{with_id(id_a, rate(6)), "commandIdReused id"},
                        {with_id(id_a, expecting(-1, rate(5, 604))), "commandIdReused id"},
                        {with_id(id_a, by(root, rate(5))), "commandIdReused id"},
                        {with_id(id_a, batch_of({rate(5)})), "commandIdReused id"},
                        {with_id(id_b, rate(7)), "commandIdReused id"},
                        {with_id(id_b, batch_of({with_id(id_c, rate(8))})), "commandIdReused id"},
                        {with_id(id_c, rate(8)), "commandIdReused id"},
                        {with_id(id_c, batch_of({rate(8)})), "commandIdReused id"}});
}

BOOST_AUTO_TEST_CASE(unchanged_and_refused_commands_are_judged_anew) {
  accept(rate(5));
  BOOST_TEST(outcome(send(rate(5), id_a)) == "unchanged");
  BOOST_TEST(outcome(send(rate(-1), id_a)) == "invalid rating");
  BOOST_TEST(outcome(send(rate(1, 604), id_a)) == "notFound movie");
  accept(movie_fields(604).as("putMovie"));
  BOOST_TEST(outcome(send(rate(1, 604), id_a)) == "accepted");
  BOOST_TEST(outcome(send(rate(5), id_a)) == "commandIdReused id");
}

BOOST_AUTO_TEST_CASE(an_inactive_or_unknown_actor_may_do_nothing) {
  accept("{\"deactivateUser\":{\"user\":{\"username\":\"root\"}}}");
  check_refused(*this, {{by(root, rate(1)), "forbidden actor.userId"},
                        {by(99, rate(1)), "forbidden actor.userId"},
                        {by(0, rate(1)), "forbidden actor.userId"},
                        {by(99, list_fields().as("createMediaList")), "forbidden actor.userId"},
                        {by(root, batch_of({rate(1)})), "forbidden actor.userId"}});
  BOOST_TEST(outcome(send(rate(1))) == "accepted");  // a service's
}

BOOST_AUTO_TEST_CASE(a_guest_changes_its_own_tokens_and_password_only) {
  accept(token_fields("ada", "hunter2-ada").as("issueRefreshToken"));
  auto password = [](const char* user) {
    return Fields{{"user", user_ref(user)}, {"passwordHash", json_text(bcrypt_text)}}.as("changePassword");
  };
  auto revoke = [](const char* token) {
    return fmt::format("{{\"revokeRefreshToken\":{{\"token\":{{\"token\":\"{}\"}}}}}}", token);
  };
  std::vector<Refused> all;
  for (const auto& command :
       {password("ada"), token_fields("ada", "hunter2-x").as("issueRefreshToken"), revoke("hunter2-ada"), rate(1),
        list_fields().as("createMediaList"), Fields{{"source", source_ref()}}.as("startDownload"),
        trakt_fields("gus").as("linkTrakt"), user_fields("eve").as("registerUser"),
        std::string("{\"assignRole\":{\"user\":{\"username\":\"gus\"},\"role\":\"admin\"}}"), purge_until(now_us())})
    all.push_back({by(gus, command), "forbidden actor.userId"});
  check_refused(*this, all);
  for (const auto& command :
       {password("gus"), token_fields("gus", "hunter2-gus").as("issueRefreshToken"), revoke("hunter2-gus")})
    BOOST_TEST(outcome(send(by(gus, command))) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_user_also_has_lists_downloads_and_its_trakt_link) {
  std::vector<Refused> all;
  for (const auto& command :
       {trakt_fields("gus").as("linkTrakt"), token_fields("gus").as("issueRefreshToken"), rate(1),
        movie_fields(700).as("putMovie"), std::string("{\"removeMovie\":{\"movie\":{\"tmdbId\":603}}}"),
        source_fields(2).as("addMovieSource"), std::string("{\"removeUser\":{\"user\":{\"username\":\"ada\"}}}"),
        std::string("{\"assignRole\":{\"user\":{\"username\":\"ada\"},\"role\":\"admin\"}}"),
        std::string("{\"deactivateUser\":{\"user\":{\"username\":\"gus\"}}}"),
        std::string("{\"expireRefreshTokens\":{}}"),
        Fields{{"key", "\"k\""}, {"lastSync", "\"2026-01-15T10:30:00Z\""}}.as("recordSync"),
        Fields{{"action", "\"LOGIN\""}, {"severity", "\"INFO\""}}.as("recordAudit")})
    all.push_back({by(ada, command), "forbidden actor.userId"});
  check_refused(*this, all);
  for (const auto& command :
       {list_fields().as("createMediaList"),
        list_fields().with("mediaList", "{\"id\":2}").with("isPublic", "true").as("reviseMediaList"),
        std::string("{\"listTitle\":{\"mediaList\":{\"id\":1},\"movie\":{\"tmdbId\":603}}}"),
        Fields{{"source", source_ref()}}.as("startDownload"), Fields{{"storage", source_ref()}}.as("pauseDownload"),
        trakt_fields("ada").as("linkTrakt"),
        trakt_fields("ada").without("username").with("accessToken", "\"hunter2-2\"").as("refreshTrakt"),
        std::string("{\"unlinkTrakt\":{\"user\":{\"username\":\"ada\"}}}"),
        token_fields("ada").as("issueRefreshToken")})
    BOOST_TEST(outcome(send(by(ada, command))) == "accepted", command);
}

BOOST_AUTO_TEST_CASE(an_admin_may_do_everything) {
  for (const auto& command : {rate(1), movie_fields(700).as("putMovie"), trakt_fields("ada").as("linkTrakt"),
                              user_fields("eve").as("registerUser"), token_fields("ada").as("issueRefreshToken"),
                              std::string("{\"removeUser\":{\"user\":{\"username\":\"ada\"}}}"), purge_until(now_us())})
    BOOST_TEST(outcome(send(by(root, command))) == "accepted", command);
}

// Who says how a transfer stands is who looks at the disk.
BOOST_AUTO_TEST_CASE(reports_of_transfers_come_from_services_only) {
  accept(Fields{{"source", source_ref()}}.as("startDownload"));
  const auto report = transfer_fields().as("reportTransfer");
  const auto fail = Fields{{"storage", source_ref()}, {"reason", "\"no space\""}}.as("failDownload");
  std::vector<Refused> refused;
  for (const auto user : {ada, gus, root})
    for (const auto& command : {report, fail}) refused.push_back({by(user, command), "forbidden actor.userId"});
  check_refused(*this, refused);
  BOOST_TEST(outcome(send(by(root, batch_of({report})))) != "accepted");
  BOOST_TEST(outcome(send(batch_of({by(root, fail)}))) != "accepted");
  for (const auto& command : {report, fail}) BOOST_TEST(outcome(send(command)) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_role_counts_from_the_moment_it_is_given) {
  accept("{\"assignRole\":{\"user\":{\"username\":\"ada\"},\"role\":\"admin\"}}");
  BOOST_TEST(outcome(send(by(ada, rate(1)))) == "accepted");
  accept("{\"assignRole\":{\"user\":{\"username\":\"ada\"},\"role\":\"guest\"}}");
  restart(StateFolder::deleted);
  BOOST_TEST(outcome(send(by(ada, list_fields().as("createMediaList")))) == "forbidden actor.userId");
}

BOOST_AUTO_TEST_CASE(the_event_says_who_sent_it) {
  auto sent = in_envelope(
      "\"correlationId\":\"c1\",\"causationId\":\"c2\",\"actor\":{\"userId\":3,\"ipAddress\":\"192.0.2.1\","
      "\"userAgent\":\"test\"}",
      user_fields("eve").as("registerUser"));
  auto receipt = accept(sent);
  auto snapshot = log().snapshot();
  for (auto position = receipt.effect.first; position <= receipt.effect.last; ++position) {
    events::RecordView view(snapshot.read(position));
    auto record = view.root();
    BOOST_TEST(std::string(record.getCorrelationId().cStr()) == "c1");
    BOOST_TEST(std::string(record.getCausationId().cStr()) == "c2");
    BOOST_TEST(record.getActor().getUserId() == root);
    BOOST_TEST(record.getIndex() == position - receipt.effect.first);
    BOOST_TEST(record.getCount() == 2);
    BOOST_TEST(record.getRecordedAt() == now_us());
  }
  events::RecordView view(snapshot.read(receipt.effect.last));
  auto audit = view.root().getEvent().getAuditRecorded();
  BOOST_TEST(std::string(audit.getIpAddress().cStr()) == "192.0.2.1");
  BOOST_TEST(std::string(audit.getUserAgent().cStr()) == "test");
  BOOST_TEST(std::string(audit.getMetadata().cStr()) == "{\"actorUserId\":3}");
}

// They are kept with each event of a command.
BOOST_AUTO_TEST_CASE(texts_of_the_envelope_are_short) {
  const std::string most(1'024, 'x'), more = most + "x";
  int64_t rating = 2;
  for (const auto& [field, form] : {std::pair{"correlationId", R"("correlationId":"{}")"},
                                    {"causationId", R"("causationId":"{}")"},
                                    {"actor.ipAddress", R"("actor":{{"ipAddress":"{}"}})"},
                                    {"actor.userAgent", R"("actor":{{"userAgent":"{}"}})"}}) {
    const auto with = [&](const std::string& text) { return fmt::format(fmt::runtime(form), text); };
    const std::string refused = std::string("invalid ") + field,
                      member = std::string("invalid batch.commands[1].") + field;
    check_refused(*this, {{in_envelope(with(more), rate(1)), refused},
                          {in_envelope(with(more), batch_of({rate(1)})), refused},
                          {batch_of({rate(1), in_envelope(with(more), rate(2))}), member}});
    accept(in_envelope(with(most), rate(++rating)));
  }
}

BOOST_AUTO_TEST_CASE(a_batch_is_all_or_nothing) {
  auto good = movie_fields(700).as("putMovie");
  check_refused(
      *this, {{batch_of({good, rate(1, 99999)}), "notFound batch.commands[1].movie"},
              {batch_of({good, rate(-1, 700)}), "invalid batch.commands[1].rating"},
              {batch_of({rate(1, 700), good}), "notFound batch.commands[0].movie"},  // later ones see earlier ones only
              {batch_of({good, "{\"putGenre\":{\"tmdbId\":7}}", rate(1, 99999)}), "invalid batch.commands[1].name"},
              {batch_of({good, with_id("no uuid", rate(1))}), "malformed batch.commands[1].id"},
              {batch_of({good, batch_of({rate(1)})}), "invalid batch.commands[1].batch"},
              {batch_of({with_id(id_a, good), with_id(id_a, rate(1))}), "commandIdReused batch.commands[1].id"},
              {with_id(id_a, batch_of({with_id(id_a, good)})), "commandIdReused batch.commands[0].id"},
              {batch_of({good, by(gus, rate(1))}), "forbidden batch.commands[1].actor.userId"},
              {by(gus, batch_of({good})), "forbidden actor.userId"},
              {batch_of({good, expecting(0, good)}), "versionConflict batch.commands[1].expectedVersion"},
              {batch_of({}), "invalid batch.commands"},
              {"{\"batch\":{}}", "invalid batch.commands"},
              {batch_of({good, "{\"expectedVersion\":1}"}), "malformed batch.commands[1]"}});
  auto receipt = send(batch_of({good, rate(1, 99999), rate(2)}));
  BOOST_REQUIRE(receipt.receipts.size() == 3);
  BOOST_TEST(outcome(receipt.receipts[0]) == "batchRefused");
  BOOST_TEST(outcome(receipt.receipts[1]) == "notFound movie");
  BOOST_TEST(outcome(receipt.receipts[2]) == "batchRefused");
  BOOST_TEST(receipt.receipts[0].refusal.message.find("command 1 of the batch") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_field_is_a_json_pointer_into_what_was_sent) {
  BOOST_TEST(send(rate(-1)).refusal.field == "/rateMovie/rating");
  BOOST_TEST(send(rate(1, 99999)).refusal.field == "/rateMovie/movie");
  BOOST_TEST(send("{\"rateMovie\":{\"movie\":{\"tmdbId\":603},\"stars/~\":1}}").refusal.field ==
             "/rateMovie/stars~1~0");
  BOOST_TEST(send(by(99, rate(1))).refusal.field == "/actor/userId");
  BOOST_TEST(send(expecting(9, rate(1))).refusal.field == "/expectedVersion");
  const auto genres = movie_fields().with("genres", "[{\"tmdbId\":16},{\"tmdbId\":99}]").as("putMovie");
  BOOST_TEST(send(genres).refusal.field == "/putMovie/genres/1");
  const Receipt batch = send(batch_of({rate(1), rate(-1)}));
  BOOST_TEST(batch.refusal.field == "/batch/commands/1/rateMovie/rating");
  BOOST_TEST(batch.receipts.at(1).refusal.field == "/rateMovie/rating");
}

BOOST_AUTO_TEST_CASE(the_commands_of_a_batch_see_earlier_ones_and_have_receipts) {
  auto head = log().head();
  auto created_by = fmt::format("{{\"createdBy\":\"{}\"}}", id_b);
  auto batch = batch_of(
      {with_id(id_b, list_fields().as("createMediaList")),
       with_id(id_c, fmt::format("{{\"listTitle\":{{\"mediaList\":{},\"movie\":{{\"tmdbId\":603}}}}}}", created_by)),
       genre_fields().as("putGenre"), rate(9)});
  auto receipt = accept(batch, id_a);
  BOOST_TEST(events_of(*this, receipt) == "mediaListCreated movieListed movieRated");
  BOOST_TEST(receipt.effect.first == head + 1);
  BOOST_TEST(receipt.effect.last == head + 3);
  BOOST_REQUIRE(receipt.receipts.size() == 4);
  BOOST_TEST(receipt.receipts[0].id == id_b);
  BOOST_TEST(receipt.receipts[0].effect.subject_id == 2);
  BOOST_TEST(receipt.receipts[1].effect.first == head + 2);
  BOOST_TEST(receipt.receipts[1].effect.version == 2);
  BOOST_TEST(outcome(receipt.receipts[2]) == "unchanged");
  BOOST_TEST(outcome(receipt.receipts[3]) == "accepted");

  auto again = send(batch, id_a);
  BOOST_TEST(outcome(again) == "accepted");
  BOOST_TEST(again.effect.first == receipt.effect.first);
  BOOST_TEST(again.effect.last == receipt.effect.last);
  BOOST_TEST(equal(again, receipt));  // what was unchanged still says of what, and at which version
  accept(genre_fields().with("name", "\"Another name\"").as("putGenre"));
  restart(StateFolder::deleted);
  BOOST_TEST(equal(send(batch, id_a), receipt));
  // One of its commands alone is known too.
  auto alone = send(list_fields().as("createMediaList"), id_b);
  BOOST_TEST(equal(alone, receipt.receipts[0]));
  BOOST_TEST(log().head() == head + 4);
}

BOOST_AUTO_TEST_CASE(a_batch_that_changes_nothing_is_unchanged) {
  accept(rate(5));
  BOOST_TEST(outcome(send(batch_of({rate(5), genre_fields().as("putGenre")}), id_a)) == "unchanged");
  BOOST_TEST(outcome(send(batch_of({rate(6)}), id_a)) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_batch_may_hold_commands_that_were_accepted_before) {
  auto first = accept(rate(5), id_b);
  auto head = log().head();
  auto receipt = accept(batch_of({with_id(id_b, rate(5)), with_id(id_c, rate(6))}), id_a);
  BOOST_TEST(equal(receipt.receipts[0], first));
  BOOST_TEST(receipt.effect.first == head + 1);
  BOOST_TEST(receipt.effect.last == head + 1);
  BOOST_TEST(outcome(send(batch_of({with_id(id_b, rate(5))}))) == "unchanged");
}

// What a command in a batch does not say is what its batch says.
BOOST_AUTO_TEST_CASE(the_records_of_a_batch_carry_its_mark_and_say_who_sent_it) {
  const std::string actor = R"("actor":{"userId":3,"userAgent":")", own = R"("correlationId":"m1","causationId":"m2",)";
  const auto batch = batch_of({rate(5), in_envelope(own + actor + R"(member"})", movie_fields(700).as("putMovie"))});
  const auto receipt = accept(in_envelope(R"("correlationId":"c1","causationId":"c2",)" + actor + R"(batch"})", batch));
  const auto snapshot = log().snapshot();
  const auto check = [&](events::Position position, const char* correlation, const char* causation, const char* agent) {
    events::RecordView view(snapshot.read(position));
    const auto record = view.root();
    BOOST_TEST(record.hasBatch());
    BOOST_TEST(record.getIndex() == position - receipt.effect.first);
    BOOST_TEST(record.getCount() == 2);
    BOOST_TEST(record.getCorrelationId().cStr() == std::string(correlation));
    BOOST_TEST(record.getCausationId().cStr() == std::string(causation));
    BOOST_TEST(record.getActor().getUserId() == root);
    BOOST_TEST(record.getActor().getUserAgent().cStr() == std::string(agent));
  };
  BOOST_TEST_REQUIRE(receipt.effect.last == receipt.effect.first + 1);
  check(receipt.effect.first, "c1", "c2", "batch");
  check(receipt.effect.last, "m1", "m2", "member");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
