#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fmt/format.h>

#include "events/codec/message.h"
#include "events/schema/model.h"
#include "events/text/json_text.h"
#include "tests/support/pointers.h"

BOOST_AUTO_TEST_SUITE(bad_input_test)

using namespace catlog;
using catlog::tests::dotted;
using events::Encoding;
using events::schema::Command;

namespace {

constexpr const char* some_id = "01936b2e-8c00-7000-8000-000000000001";

// The field that is complained of, "" for the whole body; "read" when nothing is.
std::string fault(std::string_view body, Encoding encoding = Encoding::json) {
  auto read = events::read_command(body, encoding);
  if (read) return "read";
  BOOST_TEST(read.error().message.size() > 5);
  return dotted(read.error().field);
}

std::string genre(std::string_view members) {
  return fmt::format("{{\"id\":\"{}\",\"putGenre\":{{{}}}}}", some_id, members);
}

std::string name_of(std::string_view body) {
  auto read = events::read_command(body, Encoding::json);
  BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().message) << " in " << body);
  return read->root<Command>().getPutGenre().getFacts().getName().cStr();
}

int64_t number_of(std::string_view raw) {
  auto read = events::read_command(genre(fmt::format("\"tmdbId\":{}", raw)), Encoding::json);
  BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().message) << " in " << raw);
  return read->root<Command>().getPutGenre().getFacts().getTmdbId();
}

// A Head of a later version: a member more at its end, and one that a table's position has.
std::string later_head(Encoding encoding) {
  if (encoding == Encoding::json)
    return R"({"later":{"a":[1]},"logId":"L","position":7,"tables":[{"table":"movies","position":"7","later":1}]})";
  capnp::MallocMessageBuilder message;
  auto root = message.getRoot<capnp::AnyPointer>().initAsAnyStruct(2, 3);
  root.getDataSection()[0] = 7;
  root.getDataSection()[sizeof(uint64_t)] = 1;
  root.getPointerSection()[0].setAs<capnp::Text>("L");
  root.getPointerSection()[2].setAs<capnp::Text>("later");
  const auto words = capnp::messageToFlatArray(message);
  return {words.asChars().begin(), words.asChars().size()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_later_version_says_more_is_passed_over_where_it_answers_alone) {
  const auto schema = capnp::Schema::from<events::schema::Head>();
  for (const auto encoding : {Encoding::json, Encoding::capnp}) {
    const std::string body = later_head(encoding);
    BOOST_TEST(!events::read_message(body, encoding, schema).has_value());
    const auto read = events::read_message(body, encoding, schema, events::Fields::known);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(read->root<events::schema::Head>().getPosition() == 7u);
    BOOST_TEST(std::string(read->root<events::schema::Head>().getLogId().cStr()) == "L");
  }
  BOOST_TEST(
      !events::read_message(R"({"later":1,"position":"no number"})", Encoding::json, schema, events::Fields::known));
}

BOOST_AUTO_TEST_CASE(what_is_no_json_object_is_malformed) {
  for (auto body : {"",
                    " ",
                    "x",
                    "null",
                    "1",
                    "\"text\"",
                    "[]",
                    "[{}]",
                    "{",
                    "}",
                    "{\"id\"}",
                    "{\"id\":}",
                    "{'id':1}",
                    "{\"id\":\"x\",}",
                    "{\"putGenre\":{}} {}",
                    "{\"putGenre\":{}}x",
                    "{\"putGenre\":{}",
                    "\xEF\xBB\xBF",
                    "{\"putGenre\":{/*comment*/}}",
                    "{\"putGenre\":{\"tmdbId\":01}}",
                    "{\"putGenre\":{\"tmdbId\":+1}}",
                    "{\"putGenre\":{\"tmdbId\":.5}}",
                    "{\"putGenre\":{\"tmdbId\":NaN}}",
                    "{\"putGenre\":{\"tmdbId\":0x1}}",
                    "{\"putGenre\":{\"tmdbId\":Infinity}}",
                    "{\"putGenre\":{\"tmdbId\":-}}",
                    "{\"putGenre\":tru}"})
    BOOST_TEST(fault(body) == "", body);
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_command_is_malformed) {
  auto whole = genre("\"tmdbId\":16,\"name\":\"caf\\u00e9 \\ud83d\\ude00\"");
  BOOST_TEST(fault(whole) == "read");
  for (size_t size = 0; size < whole.size(); ++size) BOOST_TEST(fault(whole.substr(0, size)) != "read");
}

BOOST_AUTO_TEST_CASE(unknown_and_repeated_fields_are_malformed) {
  BOOST_TEST(fault(genre("\"tmdbId\":16,\"colour\":1")) == "putGenre.colour");
  BOOST_TEST(fault(genre("\"tmdbId\":16,\"colour\":null")) == "putGenre.colour");
  BOOST_TEST(fault(genre("\"tmdbId\":16,\"TmdbId\":16")) == "putGenre.TmdbId");
  BOOST_TEST(fault(genre("\"tmdbId\":16,\"facts\":{}")) == "putGenre.facts");
  BOOST_TEST(fault(genre("\"tmdbId\":16,\"tmdbId\":16")) == "putGenre.tmdbId");
  BOOST_TEST(fault(genre("\"tmdbId\":null,\"tmdbId\":16")) == "putGenre.tmdbId");
  BOOST_TEST(fault(genre("\"tmdbId\":16,\"tmdb\\u0049d\":16")) == "putGenre.tmdbId");  // an escape makes it no other
  BOOST_TEST(fault("{\"id\":\"a\",\"id\":\"b\",\"putGenre\":{}}") == "id");
  BOOST_TEST(fault("{\"makeTea\":{}}") == "makeTea");
  BOOST_TEST(fault("{\"removeMovie\":{\"movie\":{\"name\":\"x\"}}}") == "removeMovie.movie.name");
  BOOST_TEST(fault("{\"putMovie\":{\"genres\":[{\"tmdbId\":1},{\"tmdbID\":1}]}}") == "putMovie.genres[1].tmdbID");
  BOOST_TEST(fault("{\"batch\":{\"commands\":[{\"putGenre\":{\"x\":1}}]}}") == "batch.commands[0].putGenre.x");
  for (auto [command, field] : {std::pair("putSeason", "tvShowId"), std::pair("addMovieSource", "movieId"),
                                std::pair("addMovieSource", "score"), std::pair("putMovieTranslation", "id"),
                                std::pair("recordAudit", "userId"), std::pair("issueRefreshToken", "id")})
    BOOST_TEST(fault(fmt::format("{{\"{}\":{{\"{}\":1}}}}", command, field)) == fmt::format("{}.{}", command, field));
}

BOOST_AUTO_TEST_CASE(a_command_is_exactly_one) {
  BOOST_TEST(fault("{}") == "");
  BOOST_TEST(fault(fmt::format("{{\"id\":\"{}\"}}", some_id)) == "");
  BOOST_TEST(fault("{\"putGenre\":null}") == "");
  BOOST_TEST(fault("{\"unset\":null}") != "read");
  BOOST_TEST(fault("{\"putGenre\":{},\"putMovie\":{}}") == "putMovie");
  BOOST_TEST(fault("{\"putGenre\":{},\"putMovie\":null}") == "read");
  BOOST_TEST(fault("{\"batch\":{\"commands\":[{}]}}") == "batch.commands[0]");
}

BOOST_AUTO_TEST_CASE(numbers_are_whole_finite_and_exact) {
  BOOST_TEST(number_of("9007199254740992") == 9007199254740992);
  BOOST_TEST(number_of("-9007199254740992") == -9007199254740992);
  BOOST_TEST(number_of("\"9007199254740993\"") == 9007199254740993);
  BOOST_TEST(number_of("\"9223372036854775807\"") == INT64_MAX);
  BOOST_TEST(number_of("\"-9223372036854775807\"") == INT64_MIN + 1);
  BOOST_TEST(number_of("\"603\"") == 603);
  BOOST_TEST(number_of("603.0") == 603);
  BOOST_TEST(number_of("6.03e2") == 603);
  BOOST_TEST(number_of("-0") == 0);
  for (auto raw : {"9007199254740993",
                   "-9007199254740993",
                   "9223372036854775807",
                   "9223372036854775808",
                   "18446744073709551615",
                   "1e17",
                   "1e300",
                   "1.5",
                   "\"9223372036854775808\"",
                   "\"-9223372036854775808\"",
                   "\"\"",
                   "\" 1\"",
                   "\"1 \"",
                   "\"+1\"",
                   "\"1.0\"",
                   "\"0x10\"",
                   "\"1e3\"",
                   "\"abc\"",
                   "true",
                   "[]",
                   "[1]",
                   "{}",
                   "\"1\\u0000\""})
    BOOST_TEST(fault(genre(fmt::format("\"tmdbId\":{}", raw))) == "putGenre.tmdbId", raw);
  for (auto raw : {"1e999", "-1e999", "99999999999999999999999999"})
    BOOST_TEST(fault(genre(fmt::format("\"tmdbId\":{}", raw))) != "read", raw);
}

BOOST_AUTO_TEST_CASE(reals_are_finite) {
  auto rate = [](std::string_view raw) {
    return fmt::format("{{\"rateMovie\":{{\"movie\":{{\"id\":1}},\"rating\":{}}}}}", raw);
  };
  for (auto raw : {"1", "1.5", "-1", "0", "1e-400", "1e308", "\"1.5\"", "\"1e3\"", "9007199254740993"})
    BOOST_TEST(fault(rate(raw)) == "read", raw);
  for (auto raw : {"1e999", "-1e999", "\"1e999\"", "\"nan\"", "\"NaN\"", "\"inf\"", "\"-infinity\"", "\"\"", "\"x\"",
                   "true", "[]", "{}"})
    BOOST_TEST(fault(rate(raw)) != "read", raw);
}

// Written shortest, some of these would be integers that do not fit into 64 bits.
BOOST_AUTO_TEST_CASE(large_reals_come_back_as_they_were) {
  for (const char* raw : {"9007199254740993e3", "12345678901234567e3", "396604997584755359744.0", "1e19", "1e22",
                          "-123456789012345678e4", "1.7976931348623157e308"}) {
    const auto body = fmt::format(R"({{"rateMovie":{{"movie":{{"id":1}},"rating":{}}}}})", raw);
    const auto sent = events::read_command(body, Encoding::json);
    BOOST_REQUIRE_MESSAGE(sent, raw);
    const auto written = events::encode(sent->root<Command>(), Encoding::json);
    const auto again = events::read_command(written, Encoding::json);
    BOOST_REQUIRE_MESSAGE(again, written << ": " << again.error().message);
    BOOST_TEST((again->digest() == sent->digest()), written);
  }
}

BOOST_AUTO_TEST_CASE(texts_are_what_other_languages_write) {
  auto name = [](std::string_view raw) { return name_of(genre(fmt::format("\"name\":{}", raw))); };
  BOOST_TEST(name("\"caf\\u00e9\"") == "café");
  BOOST_TEST(name("\"caf\\u00E9\"") == "café");
  BOOST_TEST(name("\"café\"") == "café");
  BOOST_TEST(name("\"\\ud83d\\ude00\"") == "😀");
  BOOST_TEST(name("\"😀\"") == "😀");
  BOOST_TEST(name("\"a\\/b\\\\c\\\"d\\n\\t\"") == "a/b\\c\"d\n\t");
  BOOST_TEST(name("\"\\u2028\"") == "\u2028");
  BOOST_TEST(name("\"\"") == "");
}

BOOST_AUTO_TEST_CASE(texts_that_are_none_are_malformed) {
  auto with_name = [](std::string_view raw) { return genre(fmt::format("\"name\":{}", raw)); };
  for (auto raw : {"\"a\\u0000b\"", "1", "true", "[]", "{}"}) BOOST_TEST(fault(with_name(raw)) == "putGenre.name", raw);
  for (auto raw : {"\"\\ud83d\"", "\"\\ude00\"", "\"\\ude00\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"",
                   "\"\\x41\"", "\"\\u12\"", "\"\xFF\"", "\"\xC3\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"",
                   "\"\xF4\x90\x80\x80\"", "\"\n\"", "\"\x01\""})
    BOOST_TEST(fault(with_name(raw)) != "read", raw);
  BOOST_TEST(fault(with_name(std::string("\"a\0b\"", 5))) != "read");
  BOOST_TEST(fault(std::string("{\"putGenre\":{}}\0", 16)) != "read");
}

BOOST_AUTO_TEST_CASE(null_is_absent) {
  auto with_null = events::read_command(genre("\"tmdbId\":16,\"name\":null"), Encoding::json);
  auto without = events::read_command(genre("\"tmdbId\":16"), Encoding::json);
  BOOST_REQUIRE(with_null);
  BOOST_REQUIRE(without);
  BOOST_CHECK(with_null->digest() == without->digest());
  auto empty = events::read_command(genre("\"tmdbId\":16,\"name\":\"\""), Encoding::json);
  BOOST_REQUIRE(empty);
  BOOST_CHECK(empty->digest() != without->digest());
  auto lists = events::read_command("{\"putMovie\":{\"genres\":null,\"rating\":null}}", Encoding::json);
  BOOST_REQUIRE(lists);
  BOOST_TEST(!lists->root<Command>().getPutMovie().hasGenres());
  BOOST_TEST(!lists->root<Command>().getPutMovie().hasRatings());
}

BOOST_AUTO_TEST_CASE(any_order_of_keys_is_one_command) {
  auto one = events::read_command(genre("\"tmdbId\":16,\"name\":\"x\""), Encoding::json);
  auto other = events::read_command(
      fmt::format(" {{ \"putGenre\" : {{\"name\":\"\\u0078\",\n\"tmdbId\":\"16\"}} , \"id\":\"{}\"}}\n", some_id),
      Encoding::json);
  BOOST_REQUIRE(one);
  BOOST_REQUIRE(other);
  BOOST_CHECK(one->digest() == other->digest());
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_malformed) {
  for (int depth : {70, 1'000, 10'000, 1'000'000}) {
    auto size = static_cast<size_t>(depth);
    BOOST_TEST(fault(std::string(size, '[') + std::string(size, ']')) == "");
    std::string objects, ends(size, '}');
    for (int i = 0; i < depth; ++i) objects += "{\"batch\":";
    BOOST_TEST(fault(objects + "1" + ends) != "read");
    BOOST_TEST(fault(genre("\"name\":" + std::string(size, '[') + std::string(size, ']'))) != "read");
    BOOST_TEST(fault(std::string(size, '[')) == "");
  }
  std::string batches, ends;
  for (int i = 0; i < 40; ++i) {
    batches += "{\"batch\":{\"commands\":[";
    ends += "]}}";
  }
  BOOST_TEST(fault(batches + ends) != "read");
}

BOOST_AUTO_TEST_CASE(the_reader_goes_on_after_bad_input) {
  for (auto bad : {"{", "[[[[", "\"\\ud83d\"", "{\"a\":1}"}) {
    BOOST_TEST(fault(bad) != "read");
    BOOST_TEST(name_of(genre("\"name\":\"x\"")) == "x");
  }
}

BOOST_AUTO_TEST_CASE(what_is_said_of_a_fault_helps_to_mend_it) {
  const auto said = [](std::string_view body) { return events::read_command(body, Encoding::json).error().message; };
  BOOST_TEST(said("{\"id\":\"a\",\n\"putGenre\":{,}}").find("byte 13 of line 2") != std::string::npos);
  BOOST_TEST(said("{'id':1}").find("byte 2 of line 1") != std::string::npos);
  for (const char* nothing : {"{}", "{\"id\":\"a\"}"}) {
    BOOST_TEST(said(nothing).find("exactly one must be given of putMovie, ") != std::string::npos, said(nothing));
    BOOST_TEST(said(nothing).find(" more; see `catlog describe`") != std::string::npos, said(nothing));
  }
}

BOOST_AUTO_TEST_CASE(a_fault_has_the_id_of_its_command_where_that_can_be_read) {
  const auto id = [](std::string_view body) { return events::read_command(body, Encoding::json).error().id; };
  BOOST_TEST(id(genre("\"nonsense\":1")) == some_id);
  BOOST_TEST(id(fmt::format("{{\"id\":\"{}\"}}", some_id)) == some_id);
  BOOST_TEST(id(fmt::format(R"({{"nonsense":1,"id":"{}"}})", some_id)) == some_id);
  BOOST_TEST(id(fmt::format(R"({{"putGenre":{{"tmdbId":"x"}},"id":"{}","id":7}})", some_id)) == some_id);
  BOOST_TEST(id(fmt::format(R"({{"id":"{}","id":"01936b2e-8c00-7000-8000-000000000002"}})", some_id)) == some_id);
  BOOST_TEST(id(fmt::format(R"({{"batch":{{"commands":[{{"id":7}}]}},"id":"{}"}})", some_id)) == some_id);
  const std::string of_member = fmt::format(R"({{"batch":{{"commands":[{{"id":"{}","nonsense":1}}]}}}})", some_id);
  for (const char* without : {"{", "{}", "{\"id\":7}", "{\"id\":\"no uuid\"}", "[]", of_member.c_str()})
    BOOST_TEST(id(without) == "", without);
  const auto of_another = events::read_message(fmt::format(R"({{"nonsense":1,"id":"{}"}})", some_id), Encoding::json,
                                               capnp::Schema::from<events::schema::Head>());
  BOOST_TEST(of_another.error().id == "");
}

BOOST_AUTO_TEST_CASE(what_is_said_of_a_fault_is_text) {
  // A name that is cut must not be cut within a character.
  auto long_name = std::string(63, 'a') + "é" + std::string(100, 'b');
  auto read = events::read_command(genre(fmt::format("\"{}\":1", long_name)), Encoding::json);
  BOOST_REQUIRE(!read);
  std::string line;
  events::write_json_text(read.error().field, line);
  BOOST_TEST(fault(genre(fmt::format("\"name\":{},\"name\":1", line))) == "putGenre.name");
  auto with_control = events::read_command(genre("\"a\\u0000b\\n\":1"), Encoding::json);
  BOOST_REQUIRE(!with_control);
  BOOST_TEST(with_control.error().field.find('\0') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(enums_times_and_flags_have_one_form) {
  auto token = [](std::string_view raw) { return fmt::format("{{\"issueRefreshToken\":{{\"expiresAt\":{}}}}}", raw); };
  for (auto raw : {"\"2027-01-15T10:30:00Z\"", "\"2027-01-15T10:30:00.123456+05:30\"", "null"})
    BOOST_TEST(fault(token(raw)) == "read", raw);
  for (auto raw : {"\"2027-01-15\"", "\"2027-01-15T10:30:00\"", "\"2027-13-15T10:30:00Z\"", "\"2027-02-29T10:30:00Z\"",
                   "\"2027-01-15T24:30:00Z\"", "\"tomorrow\"", "\"\"", "1800000000", "true"})
    BOOST_TEST(fault(token(raw)) == "issueRefreshToken.expiresAt", raw);
  for (auto raw : {"1", "0", "\"true\"", "[]"})
    BOOST_TEST(fault(fmt::format("{{\"createMediaList\":{{\"isPublic\":{}}}}}", raw)) == "createMediaList.isPublic",
               raw);
  for (auto raw : {"1", "true", "[]", "{}"})
    BOOST_TEST(fault(fmt::format("{{\"assignRole\":{{\"role\":{}}}}}", raw)) == "assignRole.role", raw);
}

BOOST_AUTO_TEST_SUITE_END()
