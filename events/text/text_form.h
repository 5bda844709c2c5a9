#pragma once
#include <string_view>

namespace catlog::events {

// What bytes are that should be JSON in UTF-8, by how they begin.
enum class TextForm {
  plain,        // nothing that can be told from its beginning
  marked_utf8,  // a byte order mark, then UTF-8
  utf16,        // with a byte order mark, or with every other byte NUL
  utf32,        // with a byte order mark
  gzip,
  other_packed,  // zip, zstd, bzip2, xz
  markup,        // HTML or XML, such as a server's page about an error
};

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
constexpr std::string_view gzip_mark = "\x1F\x8B";

// `begin`: the first bytes, some hundred if there are as many.
TextForm form_of(std::string_view begin);
// What it is, as a sentence's end that says what to do: "gzip; unpack it first"; empty for plain.
std::string_view advice(TextForm form);

}  // namespace catlog::events
