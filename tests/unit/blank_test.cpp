#include "events/text/blank.h"

#include <boost/test/unit_test.hpp>

#include <unicode/uchar.h>

#include <algorithm>

#include "events/text/utf8.h"
#include "tests/support/random_texts.h"

BOOST_AUTO_TEST_SUITE(blank_test)

using namespace catlog;
using namespace std::string_literals;
using events::is_blank;

BOOST_AUTO_TEST_CASE(what_shows_nothing_is_blank) {
  for (const char* text : {"", " ", "\t\n\v\f\r", "\u00A0", "\u200B\u200D", "\u3000", "\uFEFF \u2003", "\u00AD", "\x7F",
                           "\u0085", "\u2800", "\u3164", "\U000E0061", "\uFE0F"})
    BOOST_TEST(is_blank(text), events::spelled_out(text));
  for (const char* text : {"x", " x", "\u00A0.", "\u0301", "\uFFFD", "\uE000", "日", "\U0001F600", "\u200Bé"})
    BOOST_TEST(!is_blank(text), events::spelled_out(text));
}

// The list stands in the schema too, so it is not Unicode's of the day: this fails when that has got further.
BOOST_AUTO_TEST_CASE(the_list_is_unicodes) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c != 0 && !tests::is_scalar(c)) continue;
    const auto code_point = static_cast<UChar32>(c);
    const bool shows_nothing = u_hasBinaryProperty(code_point, UCHAR_WHITE_SPACE) ||
                               u_hasBinaryProperty(code_point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
                               u_charType(code_point) == U_CONTROL_CHAR;
    const bool drawn_as_nothing = c == 0x2800 || c == 0x1D159 || (c >= 0xFFF9 && c <= 0xFFFB);
    std::string text = tests::utf8(c);
    if ((shows_nothing || drawn_as_nothing) != is_blank(text)) BOOST_ERROR(events::spelled_out(text));
  }
  char32_t before = 0;
  for (const auto& range : events::blank_code_points()) {
    BOOST_TEST((range.first <= range.last && (before == 0 || range.first > before + 1)));
    before = range.last;
  }
}

BOOST_AUTO_TEST_CASE(a_text_is_spelled_out_by_its_code_points) {
  BOOST_TEST(events::spelled_out("\u00A0\u200B\U000E0041") == "U+00A0 U+200B U+E0041");
  BOOST_TEST(events::spelled_out("") == "");
}

BOOST_AUTO_TEST_CASE(every_code_point_is_taken_as_it_was_written) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (!tests::is_scalar(c)) continue;
    const std::string text = tests::utf8(c) + "x";
    std::string_view rest = text;
    if (events::take_code_point(rest) != c || rest != "x") BOOST_ERROR(static_cast<uint32_t>(c));
  }
  // Cut short, overlong, half of a surrogate pair, beyond the last one.
  for (const std::string& text : {"\xE3\x80"s, "\xC0\xA0"s, "\xE0\x80\xA0"s, "\xF0\x80\x80\xA0"s, "\xED\xA0\x80"s,
                                  "\xF4\x90\x80\x80"s, "\x80"s}) {
    std::string_view broken = text;
    BOOST_TEST(static_cast<uint32_t>(events::take_code_point(broken)) == 0xFFFDu);
    BOOST_TEST(broken.size() == text.size() - 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
