#include "events/text/printable.h"

#include <boost/test/unit_test.hpp>

#include "events/text/json_text.h"

BOOST_AUTO_TEST_SUITE(printable_test)

namespace {

using catlog::events::printable;
using catlog::events::printable_json;
using catlog::events::printable_lines;

std::string utf8(char32_t character) {
  std::string out;
  if (character < 0x80) return {static_cast<char>(character)};
  if (character < 0x800) {
    out += static_cast<char>(0xC0 | (character >> 6));
  } else {
    out += static_cast<char>(0xE0 | (character >> 12));
    out += static_cast<char>(0x80 | ((character >> 6) & 0x3F));
  }
  return out + static_cast<char>(0x80 | (character & 0x3F));
}

bool drives_a_terminal(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

// A genre's name once coloured the terminal of whoever asked for its history.
BOOST_AUTO_TEST_CASE(control_characters_do_not_reach_a_terminal) {
  BOOST_TEST(printable("\x1b[31mRED\x1b]0;pwn\x07") == " [31mRED ]0;pwn ");
  BOOST_TEST(printable("a\xc2\x9b"
                       "31mb\x7f\n") == "a 31mb  ");
  BOOST_TEST(printable("caf\xc3\xa9 \xf0\x9f\x98\x80 \xc2\xa0") == "caf\xc3\xa9 \xf0\x9f\x98\x80 \xc2\xa0");
  BOOST_TEST(printable_lines("one\x1b\ntwo\r\n") == "one \ntwo \n");
}

BOOST_AUTO_TEST_CASE(what_is_no_utf_8_is_a_replacement_character) {
  for (const char* bytes : {"\x9b", "\xc2", "\xff", "\x80", "\xc0", "\xf8"})
    BOOST_TEST(printable(std::string("a") + bytes + "b") ==
               "a\xEF\xBF\xBD"
               "b");
  BOOST_TEST(printable("\xe2\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // cut
  BOOST_TEST(printable("\xed\xa0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  BOOST_TEST(printable("\xe0\x82\x9b") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // C1, overlong
}

// Every character of the basic plane, alone and between others, as text and as JSON.
BOOST_AUTO_TEST_CASE(nothing_that_drives_a_terminal_is_left) {
  for (char32_t c = 1; c < 0x10000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string one = utf8(c), text = "x" + one + "y";
    std::string json;
    catlog::events::write_json_text(text, json);
    const bool drives = drives_a_terminal(c);
    BOOST_REQUIRE_MESSAGE(printable(text) == (drives ? "x y" : text), static_cast<unsigned>(c));
    BOOST_REQUIRE_MESSAGE((json.find(one) == std::string::npos) == drives, static_cast<unsigned>(c));
    BOOST_REQUIRE_MESSAGE(printable_json(json) == json, static_cast<unsigned>(c));
  }
}

// `send --dry-run` shows a command as it was written.
BOOST_AUTO_TEST_CASE(what_stands_between_tokens_does_not_move_the_cursor) {
  BOOST_TEST(printable_json("{\"a\":\r1,\t\"b\":2}\r\n") == "{\"a\": 1,\t\"b\":2} \n");
  BOOST_TEST(printable_json("{\"a\":\"\x9b"
                            "31m\xff\"}") ==
             "{\"a\":\"\xEF\xBF\xBD"
             "31m\xEF\xBF\xBD\"}");
}

BOOST_AUTO_TEST_CASE(a_document_of_somebody_else_keeps_its_value) {
  BOOST_TEST(printable_json("{\"a\":\"\x7f\xc2\x9b\xe2\x80\xae\"}\n") == "{\"a\":\"\\u007f\\u009b\\u202e\"}\n");
}

BOOST_AUTO_TEST_CASE(a_document_with_a_name_that_is_no_text_can_be_read) {
  BOOST_TEST(printable_json("{\"a\":\"x\xffy\xe2\x82\"}") == "{\"a\":\"x\xEF\xBF\xBDy\xEF\xBF\xBD\xEF\xBF\xBD\"}");
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
