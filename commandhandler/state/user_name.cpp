#include "commandhandler/state/user_name.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/blank.h"
#include "events/text/utf8.h"

namespace catlog::commandhandler {
namespace {

const icu::Normalizer2& nfc() {
  UErrorCode status = U_ZERO_ERROR;
  const auto* found = icu::Normalizer2::getNFCInstance(status);
  CATLOG_CHECK(U_SUCCESS(status));
  return *found;
}

const icu::Normalizer2& nfkc() {
  UErrorCode status = U_ZERO_ERROR;
  const auto* found = icu::Normalizer2::getNFKCInstance(status);
  CATLOG_CHECK(U_SUCCESS(status));
  return *found;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<UChar32> code_points_of(std::string_view text) {
  std::vector<UChar32> all;
  while (!text.empty()) all.push_back(static_cast<UChar32>(events::take_code_point(text)));
  return all;
}

// RFC 8265 3.3.1: by their decomposition.
void append_as_ordinary_width(UChar32 c, icu::UnicodeString& out) {
  const auto type = u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE);
  icu::UnicodeString ordinary;
  if ((type == U_DT_WIDE || type == U_DT_NARROW) && nfkc().getRawDecomposition(c, ordinary))
    out.append(ordinary);
  else
    out.append(c);
}

bool stands_for_others(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString one(c);
  return nfkc().normalize(one, status) != nfc().normalize(one, status);
}

// Why a name cannot hold it; null: it can.
const char* trouble_with(UChar32 c) {
  if (c >= ' ' && c < 0x7F) return nullptr;
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
      return "is a control character";
    case U_SPACE_SEPARATOR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
      return "is white space other than the plain space";
    case U_UNASSIGNED:
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
      return "is no character that everybody knows";
    default:
      break;
  }
  std::string text;
  icu::UnicodeString(c).toUTF8String(text);
  if (u_charType(c) == U_FORMAT_CHAR || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
      events::is_blank(text))
    return "cannot be seen";
  return stands_for_others(c) ? "stands for other characters; write those" : nullptr;
}

bool is_one_of(UChar32 c, std::initializer_list<UCharDirection> directions) {
  return std::ranges::find(directions, u_charDirection(c)) != directions.end();
}

bool has_direction(UChar32 c) {
  return is_one_of(c, {U_LEFT_TO_RIGHT, U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_ARABIC_NUMBER});
}

// RFC 5893 section 2 for one part of a name, of which some part is written from right to left.
bool keeps_to_one_direction(std::span<const UChar32> part) {
  if (std::ranges::none_of(part, has_direction)) return true;
  const bool is_rtl = is_one_of(part.front(), {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC});
  if (!is_rtl && !is_one_of(part.front(), {U_LEFT_TO_RIGHT})) return false;
  bool european = false, arabic = false;
  UChar32 last = part.front();
  for (const UChar32 c : part) {
    if (!is_one_of(c, {U_EUROPEAN_NUMBER, U_EUROPEAN_NUMBER_SEPARATOR, U_COMMON_NUMBER_SEPARATOR,
                       U_EUROPEAN_NUMBER_TERMINATOR, U_OTHER_NEUTRAL, U_BOUNDARY_NEUTRAL, U_DIR_NON_SPACING_MARK}) &&
        !(is_rtl ? is_one_of(c, {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_ARABIC_NUMBER})
                 : is_one_of(c, {U_LEFT_TO_RIGHT})))
      return false;
    european |= is_one_of(c, {U_EUROPEAN_NUMBER});
    arabic |= is_one_of(c, {U_ARABIC_NUMBER});
    if (!is_one_of(c, {U_DIR_NON_SPACING_MARK})) last = c;
  }
  if (is_rtl)
    return !(european && arabic) &&
           is_one_of(last, {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_EUROPEAN_NUMBER, U_ARABIC_NUMBER});
  return is_one_of(last, {U_LEFT_TO_RIGHT, U_EUROPEAN_NUMBER});
}

bool keeps_to_one_direction(const std::vector<UChar32>& name) {
  if (std::ranges::none_of(name, [](UChar32 c) {
        return is_one_of(c, {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_ARABIC_NUMBER});
      }))
    return true;
  for (auto begin = name.begin(); begin != name.end();) {
    const auto end = std::find(begin, name.end(), ' ');
    if (begin != end && !keeps_to_one_direction(std::span(begin, end))) return false;
    begin = end == name.end() ? end : end + 1;
  }
  return true;
}

}  // namespace

std::string compared_user_name(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  icu::UnicodeString ordinary;
  for (const UChar32 c : code_points_of(text)) append_as_ordinary_width(c, ordinary);
  UErrorCode status = U_ZERO_ERROR;
  const auto composed = nfc().normalize(ordinary, status);
  CATLOG_CHECK(U_SUCCESS(status));
  std::string out;
  composed.toUTF8String(out);
  return out;
}

std::expected<std::string, std::string> check_user_name(std::string_view text) {
  if (events::is_blank(text)) return std::unexpected("cannot be blank");
  std::string name = compared_user_name(text);
  if (name.front() == ' ' || name.back() == ' ') return std::unexpected("has white space at an end; leave it out");
  const auto characters = code_points_of(name);
  for (const UChar32 c : characters)
    if (const char* trouble = trouble_with(c))
      return std::unexpected(fmt::format("cannot hold U+{:04X}, which {}", c, trouble));
  if (!is_ascii(name) && !keeps_to_one_direction(characters))
    return std::unexpected("mixes directions of writing in one word, so that it could be read as another");
  return name;
}

}  // namespace catlog::commandhandler
