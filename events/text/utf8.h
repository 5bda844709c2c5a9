#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace catlog::events {

// Whether the bytes are UTF-8 (RFC 3629). Threads: reentrant.
bool is_utf8(std::string_view bytes);

// The code point that a text begins with, and its length; 0 bytes when the text is empty or no UTF-8.
struct CodePoint {
  char32_t value = U'\uFFFD';
  size_t bytes = 0;
};
CodePoint code_point_at(std::string_view text);

// Takes the first code point off a text that is not empty; what is no UTF-8 gives U+FFFD, a byte at a time.
char32_t take_code_point(std::string_view& text);

// Letters of ASCII in lower case; all else stays.
char lower_ascii(char c);
std::string lower_ascii(std::string_view text);

}  // namespace catlog::events
