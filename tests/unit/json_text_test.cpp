#include <boost/test/unit_test.hpp>

#include <zlib.h>

#include <random>
#include <string>

#include <simdjson.h>

#include "commandhandler/import/json_file.h"
#include "commandhandler/import/json_text.h"
#include "events/text/json_grammar.h"
#include "tests/support/import_documents.h"

BOOST_AUTO_TEST_SUITE(json_text_test)

using namespace catlog::tests;
using namespace std::string_literals;

namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(text.size() + 200, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.erase(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string utf16(const std::string& ascii, bool big, bool marked) {
  std::string bytes = marked ? (big ? "\xFE\xFF"s : "\xFF\xFE"s) : ""s;
  for (char c : ascii) bytes += big ? std::string{'\0', c} : std::string{c, '\0'};
  return bytes;
}

std::string decoded(const std::string& bytes) {
  auto text = decode_json_text(bytes);
  return text ? *text : "refused: " + text.error();
}

std::string error_of(const std::string& text) {
  JsonFileReader reader;
  auto root = reader.read_text(text);
  return root ? "read" : root.error();
}

void check_error(const std::string& text, const std::string& part) {
  BOOST_TEST(error_of(text).find(part) != std::string::npos, error_of(text) << " for " << text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(json_in_other_clothes_is_read) {
  const std::string json = R"({"id":5})";
  BOOST_TEST(decoded(json) == json);
  BOOST_TEST(decoded("\xEF\xBB\xBF" + json) == json);
  for (bool big : {false, true})
    for (bool marked : {false, true}) BOOST_TEST(decoded(utf16(json, big, marked)) == json);
  BOOST_TEST(decoded("\xFF\xFE\0\0{\0\0\0}\0\0\0"s) == "{}");
  BOOST_TEST(decoded(gzip(json)) == json);
  BOOST_TEST(decoded(gzip("\xEF\xBB\xBF" + json)) == json);
  BOOST_TEST(decoded(gzip(R"({"id")") + gzip(":5}")) == json);       // members of one file
  BOOST_TEST(decoded(gzip(json) + std::string(512, '\0')) == json);  // padding of a tape
  BOOST_TEST(decoded(gzip(R"({"id")") + gzip(":5}") + "\0x"s) == json);
}

BOOST_AUTO_TEST_CASE(what_is_no_json_is_named) {
  BOOST_TEST(decoded("<!DOCTYPE html><title>502</title>").find("HTML") != std::string::npos);
  BOOST_TEST(decoded("\n <?xml version=\"1.0\"?>").find("XML") != std::string::npos);
  BOOST_TEST(decoded("PK\x03\x04"s).find("unpack") != std::string::npos);
  const std::string packed = gzip(std::string(1'000, 'x'));
  BOOST_TEST(decoded(packed + packed.substr(0, 2)).find("breaks off") != std::string::npos);
  BOOST_TEST(decoded(packed.substr(0, packed.size() - 5)).find("breaks off") != std::string::npos);
  BOOST_TEST(decoded(utf16("{}", false, true) + "x").find("UTF-16") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_of_json_are_an_array) {
  JsonFileReader reader;
  auto root = reader.read_text("{\"id\":1}\r\n\n{\"id\":2}\n{\"id\":3}");
  BOOST_TEST_REQUIRE(root.has_value());
  auto lines = root->array().value();
  BOOST_TEST(lines.size() == 3);
  BOOST_TEST(lines[2].object()->integer("id").value() == 3);
  BOOST_TEST(lines[2].path() == "[2]");
  check_error("{\"id\":1}\n{\"id\":2,}\n", "line 2, byte 18, before `}`");
}

BOOST_AUTO_TEST_CASE(broken_json_is_reported_with_its_place) {
  check_error("", "empty");
  check_error("{\"id\":5", "line 1, byte 8, where it ends");
  check_error("{\n \"id\" 5}", "line 2, byte 9, before `5}`");
  check_error("[1,2,]", "byte 6, before `]`");
  check_error("{\"a\":\"x\xff\"}", "byte 8");
  check_error("[\"\\ud83d\"]", "byte 3");
  check_error("[\"\\x\"]", "byte 4");
  check_error("[01]", "byte 3");
  check_error("{\"a\":tru}", "byte 9");
  check_error("[\"" + std::string(200, 'x'), "where it ends");
  check_error("{\"a\":" + std::string(200, '!'), "…`");
}

// The grammar here and the parser's are one, but for numbers that are too large and nesting.
BOOST_AUTO_TEST_CASE(the_parser_and_the_search_for_the_place_agree) {
  unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string good = R"({"a":[1,-2.5e+3,"\u00e9\ud83d\ude00é😀",true,false,null,{}],"b":{"c":""}})";
  constexpr std::string_view tokens = "{}[]\",:0-9e\\nulu.+ \t";
  simdjson::dom::parser parser;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (unsigned change = 1 + random() % 3; change > 0; --change) {
      const size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = random() % 4 == 0 ? static_cast<char>(random()) : tokens[random() % tokens.size()];
      } else {
        text.erase(at, 1 + random() % 3);
      }
      if (text.empty()) text = "[";
    }
    const bool is_good = parser.parse(text).error() == simdjson::SUCCESS;
    const bool is_same =
        is_good == !catlog::events::end_of_json(text, 1'024, catlog::events::JsonTexts::checked).has_value();
    BOOST_TEST_REQUIRE(is_same, "is " << is_good << " for the parser: " << text);
  }
}

BOOST_AUTO_TEST_CASE(a_value_of_another_type_is_named_with_its_place_and_value) {
  JsonFileReader reader;
  auto root = reader.read_text(R"([{"a":{"b":[7,"é\nx"]},"c":1e3}])").value();
  auto object = root.array()->at(0).object().value();
  auto inner = object.object("a").value();
  auto values = inner.array("b").value();
  BOOST_TEST(values[1].path() == "[0].a.b[1]");
  BOOST_TEST(values[1].shown() == R"("é\nx")");
  BOOST_TEST(inner.text("b") == "");
  BOOST_TEST(inner.problem() == R"(`[0].a.b` is no text but [7,"é\nx"])");
  BOOST_TEST(object.integer("c").value() == 1000);
  BOOST_TEST(object.problem() == "");
}

BOOST_AUTO_TEST_SUITE_END()
