#include "events/text/printable.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/text/utf8.h"

namespace catlog::events {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

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
    const size_t bytes = code_point_at(text).bytes;
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
  const auto [character, bytes] = code_point_at(text);
  if (bytes == 0) return {};
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
    const size_t bytes = code_point_at(json).bytes;
    if (control.character == '\r')
      out += ' ';  // between tokens, where it would lead back to the line's beginning
    else if (control.bytes == 0 || control.character == '\n' || control.character == '\t')
      out += bytes > 0 ? json.substr(0, bytes) : replacement;
    else
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(control.character));
    json.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return out;
}

}  // namespace catlog::events
