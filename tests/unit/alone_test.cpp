#include "events/schema/vocabulary.h"

#include "commandhandler/alone.h"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "events/text/json_text.h"
#include "tests/support/commands.h"

BOOST_AUTO_TEST_SUITE(alone_test)

// What is refused whatever the catalogue holds (`catlog send --dry-run`), held against what the write side says.

using namespace catlog;
using namespace catlog::tests;
using events::Receipt;
using events::schema::RefusalCode;

namespace {

// A command's example with one member of it changed.
struct Variant {
  std::string member, json;
};

std::vector<Variant> variants_of(const events::CommandType& type) {
  simdjson::dom::parser parser;
  const simdjson::dom::object content = parser.parse(type.example)[type.name];
  std::vector<Variant> variants;
  for (const auto changed : content) {
    for (const char* value : {"", "null", R"("")", R"(" ")", "-1", "{}"}) {
      std::string members;
      const auto add = [&members](std::string_view name, std::string_view raw) {
        if (!members.empty()) members += ',';
        events::write_json_text(name, members);
        members += ':' + std::string(raw);
      };
      for (const auto member : content)
        if (member.key != changed.key)
          add(member.key, simdjson::minify(member.value));
        else if (*value != 0)
          add(member.key, value);
      variants.push_back(
          {fmt::format("{}.{}", type.name, changed.key),
           fmt::format(R"({{"id":"{}","{}":{{{}}}}})", events::to_string(events::new_uuid()), type.name, members)});
    }
  }
  return variants;
}

bool is_of_the_command(RefusalCode code) {
  return code == RefusalCode::INVALID || code == RefusalCode::MALFORMED || code == RefusalCode::TOO_LARGE;
}

std::optional<events::Refusal> refused_alone(std::string_view json) {
  const auto command = events::read_command(json, events::Encoding::json);
  BOOST_TEST_REQUIRE(command.has_value(), json);
  return commandhandler::refused_alone(*command);
}

std::string said(const events::Refusal& why) {
  const auto codes = capnp::Schema::from<events::schema::RefusalCode>().getEnumerants();
  return fmt::format("{} {}", events::spelling(codes[static_cast<unsigned>(why.code)]), why.field);
}

std::string alone(std::string_view json) {
  const auto why = refused_alone(json);
  return why ? said(*why) : "";
}

constexpr const char* some_id = "01936b2e-8c00-7000-8000-000000000001";

std::string member(std::string_view id, std::string_view command) {
  return fmt::format(R"({{"id":"{}",{}}})", id, command);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_refused_alone_the_write_side_refuses_and_of_commands_themselves_nothing_is_missed) {
  // What a rule of its own looks at, beside the declaration.
  const std::set<std::string> by_rules{"addMovieSource.magnetUri",
                                       "correctMovieSource.magnetUri",
                                       "refreshTrakt.accessToken",
                                       "refreshTrakt.refreshToken",
                                       "removeGenreTranslation.language",
                                       "removeMovieTranslation.language",
                                       "removeTvShowTranslation.language",
                                       "rescoreSources.after",
                                       "rescoreSources.limit"};
  WriteSide side;
  fill_catalogue(side);
  for (int64_t genre : {16, 35, 10751}) side.accept(genre_fields(genre).with("name", "\"G\"").as("putGenre"));
  side.accept("{\"removeUser\":{\"user\":{\"username\":\"ada\"}}}");
  size_t refused = 0, taken = 0, compared = 0;
  std::set<std::string> missed;
  for (const auto& type : events::model().commands()) {
    if (type.name == "batch") continue;
    if (type.name == "issueRefreshToken") side.accept("{\"activateUser\":{\"user\":{\"username\":\"ada\"}}}");
    if (!type.name.starts_with("remove")) side.send(type.example);
    for (const Variant& variant : variants_of(type)) {
      const auto command = events::read_command(variant.json, events::Encoding::json);
      if (!command) continue;
      const auto why = commandhandler::refused_alone(*command);
      const Receipt receipt = side.send(*command);
      const bool is_refused = receipt.verdict == Receipt::Verdict::refused;
      ++(is_refused ? refused : taken);
      // A torrent that is known is not looked at any further.
      const bool is_known = type.name == "addMovieSource" && receipt.verdict == Receipt::Verdict::unchanged;
      BOOST_TEST((is_refused || !why || is_known), variant.json << ": " << (why ? why->message : ""));
      if (!is_refused || !is_of_the_command(receipt.refusal.code)) continue;
      if (why) {
        BOOST_TEST(said(*why) == said(receipt.refusal), variant.json);
        ++compared;
      } else if (type.name != "reportTransfer") {  // what a report may say follows from how the download stands
        missed.insert(variant.member);
      }
    }
  }
  BOOST_TEST(refused > 100u);
  BOOST_TEST(taken > 100u);
  BOOST_TEST(compared > 100u);
  BOOST_TEST(missed == by_rules, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_example_passes_alone) {
  for (const auto& type : events::model().commands()) {
    const auto json = fmt::format(R"({{"id":"{}",{})", some_id, type.example.substr(1));
    if (type.name != "batch") BOOST_TEST(alone(json) == "", json);
  }
}

// Of several faults each names the same one.
BOOST_AUTO_TEST_CASE(the_fault_that_is_named_is_the_one_that_the_write_side_names) {
  const std::string long_id = fmt::format(R"("correlationId":"{}",)", std::string(1025, 'x'));
  const std::string one = "01936b2e-8c00-7000-8000-00000000000a", list = R"("mediaList":{"id":1})";
  const auto batch = [&](const std::string& around, const std::string& command) {
    return member(some_id, fmt::format(R"({}"batch":{{"commands":[{}]}})", around, member(one, command)));
  };
  WriteSide side;
  fill_catalogue(side);
  for (const std::string& json :
       {batch("", R"("lookUp":{})"), batch("", R"("lookUp":{"movie":{"id":1}})"),
        batch("", R"("batch":{"commands":[]})"), batch("", long_id + R"("lookUp":{})"),
        batch(long_id, R"("lookUp":{})"), batch("", R"("expectedVersion":-2,"batch":{"commands":[]})"),
        batch(R"("expectedVersion":3,)", R"("lookUp":{})"), batch(R"("expectedVersion":-2,)", R"("putGenre":{})"),
        member(some_id, long_id + R"("putGenre":{})"), member("no-uuid", long_id + R"("putGenre":{})"),
        member(some_id, R"("lookUp":{})"), member(some_id, fmt::format(R"("listTitle":{{{}}})", list)),
        member(some_id, fmt::format(R"("delistTitle":{{{},"movie":{{"id":1}},"tvShow":{{"id":1}}}})", list))}) {
    const auto command = events::read_command(json, events::Encoding::json);
    BOOST_TEST_REQUIRE(command.has_value(), json);
    const Receipt receipt = side.send(*command);
    BOOST_TEST((receipt.verdict == Receipt::Verdict::refused), json);
    BOOST_TEST(alone(json) == said(receipt.refusal), json);
  }
}

BOOST_AUTO_TEST_CASE(what_stands_around_a_command_is_looked_at) {
  const std::string genre = R"("putGenre":{"tmdbId":16,"name":"Animation"})";
  BOOST_TEST(alone(member(some_id, genre)) == "");
  BOOST_TEST(alone(member("no-uuid", genre)) == "malformed /id");
  BOOST_TEST(alone(member(some_id, R"("expectedVersion":-2,)" + genre)) == "invalid /expectedVersion");
  BOOST_TEST(alone(member(some_id, fmt::format(R"("correlationId":"{}",)", std::string(1025, 'x')) + genre)) ==
             "invalid /correlationId");
  BOOST_TEST(alone(member(some_id, R"("putGenre":{"tmdbId":16})")) == "invalid /putGenre/name");
  BOOST_TEST(alone(member(some_id, R"("removeGenre":{"genre":{"tmdbId":16,"id":1}})")) == "invalid /removeGenre/genre");
  BOOST_TEST(alone(member(some_id, R"("removeSeason":{"season":{"seasonNumber":1}})")) ==
             "invalid /removeSeason/season/tvShow");
}

BOOST_AUTO_TEST_CASE(commands_of_a_batch_are_looked_at_and_each_has_an_id_of_its_own) {
  const std::string genre = R"("putGenre":{"tmdbId":16,"name":"Animation"})";
  const std::string one = "01936b2e-8c00-7000-8000-00000000000a", other = "01936b2e-8c00-7000-8000-00000000000b";
  const auto batch = [](const std::string& members) {
    return member(some_id, fmt::format(R"("batch":{{"commands":[{}]}})", members));
  };
  BOOST_TEST(alone(batch(member(one, genre) + ',' + member(other, genre))) == "");
  BOOST_TEST(alone(batch("")) == "invalid /batch/commands");
  BOOST_TEST(alone(batch(member(one, genre) + ',' + member("01936B2E-8C00-7000-8000-00000000000A", genre))) ==
             "commandIdReused /batch/commands/1/id");
  BOOST_TEST(alone(batch(member(some_id, genre))) == "commandIdReused /batch/commands/0/id");
  BOOST_TEST(alone(batch("{" + genre + "}")) == "malformed /batch/commands/0/id");
  BOOST_TEST(alone(batch(member(one, R"("putGenre":{"tmdbId":16})"))) == "invalid /batch/commands/0/putGenre/name");
  BOOST_TEST(alone(batch(member(one, R"("batch":{"commands":[]})"))) == "invalid /batch/commands/0/batch");
  BOOST_TEST(alone(batch(member(one, R"("lookUp":{"movie":{"id":1}})"))) == "invalid /batch/commands/0");
}

BOOST_AUTO_TEST_CASE(of_an_id_twice_in_a_batch_the_write_side_says_the_same) {
  const std::string one = "01936b2e-8c00-7000-8000-00000000000a";
  const std::string genre = member(one, R"("putGenre":{"tmdbId":16,"name":"Animation"})");
  const auto command = events::read_command(member(some_id, fmt::format(R"("batch":{{"commands":[{0},{0}]}})", genre)),
                                            events::Encoding::json);
  BOOST_TEST_REQUIRE(command.has_value());
  const auto why = commandhandler::refused_alone(*command);
  WriteSide side;
  const Receipt receipt = side.send(*command);
  BOOST_TEST_REQUIRE((why && receipt.verdict == Receipt::Verdict::refused));
  BOOST_TEST(receipt.refusal.message == why->message);
  BOOST_TEST(receipt.refusal.field == why->field);
  BOOST_TEST(receipt.receipts.at(1).refusal.message == why->message);
}

BOOST_AUTO_TEST_SUITE_END()
