#include "events/text/text_form.h"

#include <algorithm>

namespace catlog::events {
namespace {

using namespace std::string_view_literals;

// Text in ASCII, as the braces and quotes of JSON are, has a NUL in every character of UTF-16.
bool alternates(std::string_view begin) {
  return begin.size() >= 4 && ((begin[0] == 0 && begin[1] != 0 && begin[2] == 0 && begin[3] != 0) ||
                               (begin[0] != 0 && begin[1] == 0 && begin[2] != 0 && begin[3] == 0));
}

bool is_packed(std::string_view begin) {
  constexpr std::string_view kinds[] = {"PK\x03\x04", "\x28\xB5\x2F\xFD", "BZh", "\xFD\x37zXZ"};
  return std::ranges::any_of(kinds, [&](std::string_view kind) { return begin.starts_with(kind); });
}

}  // namespace

TextForm form_of(std::string_view begin) {
  if (begin.starts_with("\xFF\xFE\0\0"sv) || begin.starts_with("\0\0\xFE\xFF"sv)) return TextForm::utf32;
  if (begin.starts_with("\xFF\xFE"sv) || begin.starts_with("\xFE\xFF"sv) || alternates(begin)) return TextForm::utf16;
  if (begin.starts_with(gzip_mark)) return TextForm::gzip;
  if (is_packed(begin)) return TextForm::other_packed;
  const bool is_marked = begin.starts_with(utf8_mark);
  if (is_marked) begin.remove_prefix(utf8_mark.size());
  const size_t first = begin.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && begin[first] == '<') return TextForm::markup;
  return is_marked ? TextForm::marked_utf8 : TextForm::plain;
}

std::string_view advice(TextForm form) {
  switch (form) {
    case TextForm::plain:
      return "";
    case TextForm::marked_utf8:
      return "UTF-8 behind a byte order mark; save it without";
    case TextForm::utf16:
      return "UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)";
    case TextForm::utf32:
      return "UTF-32; save it as UTF-8 (iconv -f UTF-32 -t UTF-8)";
    case TextForm::gzip:
      return "gzip; unpack it first (gunzip)";
    case TextForm::other_packed:
      return "a packed file; unpack it first";
    case TextForm::markup:
      return "HTML or XML and no JSON; it may be a server's page about an error";
  }
  return "";
}

}  // namespace catlog::events
