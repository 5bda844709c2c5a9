#include "events/printable.h"

#include <fmt/format.h>

namespace catlog::events {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// The bytes of the character that `text` begins with; 0 when it is no UTF-8 (RFC 3629).
size_t character_bytes(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto follows = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool is_overlong = first == 0xE0 && second < 0xA0, is_surrogate = first == 0xED && second > 0x9F;
    return follows(1) && follows(2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool is_overlong = first == 0xF0 && second < 0x90, is_beyond = first == 0xF4 && second > 0x8F;
    return follows(1) && follows(2) && follows(3) && !is_overlong && !is_beyond ? 4 : 0;
  }
  return 0;
}

// Unicode's Bidi_Control.
bool overrides_direction(char32_t character) {
  return character == 0x061C || character == 0x200E || character == 0x200F ||
         (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
}

enum class LineEnds { replaced, kept };

std::string printable(std::string_view text, LineEnds line_ends) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Control control = control_at(text);
    const size_t bytes = character_bytes(text);
    if (control.character == '\n' && line_ends == LineEnds::kept)
      out += '\n';
    else if (control.bytes > 0)
      out += ' ';
    else
      out += bytes > 0 ? text.substr(0, bytes) : replacement;
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return out;
}

}  // namespace

Control control_at(std::string_view text) {
  const auto first = text.empty() ? 0x20u : static_cast<unsigned char>(text[0]);
  if (first < 0x20 || first == 0x7F) return {first, 1};
  // C1 is C2 80 to C2 9F; the marks of direction begin with D8 or E2.
  if (first != 0xC2 && first != 0xD8 && first != 0xE2) return {};
  const size_t bytes = character_bytes(text);
  if (bytes == 0) return {};
  char32_t character = first & (bytes == 2 ? 0x1Fu : 0x0Fu);
  for (size_t i = 1; i < bytes; ++i) character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  if (character < 0xA0 || overrides_direction(character)) return {character, bytes};
  return {};
}

std::string printable(std::string_view text) { return printable(text, LineEnds::replaced); }

std::string printable_lines(std::string_view text) { return printable(text, LineEnds::kept); }

std::string printable_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const Control control = control_at(json);
    const size_t bytes = character_bytes(json);
    if (control.bytes == 0 || control.character == '\n' || control.character == '\t' || control.character == '\r')
      out += bytes > 0 ? json.substr(0, bytes) : replacement;
    else
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(control.character));
    json.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return out;
}

}  // namespace catlog::events
