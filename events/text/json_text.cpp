#include "events/text/json_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/text/printable.h"

namespace catlog::events {
namespace {

// Bytes that may have to be escaped: what JSON demands, and what control_at may find.
bool stands_as_it_is(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && c != '"' && c != '\\' && byte != 0x7F && byte != 0xC2 && byte != 0xD8 && byte != 0xE2;
}

// Appends what `text` begins with, escaped where it must be; how many bytes that was.
size_t write_escaped(std::string_view text, std::string& out) {
  switch (text[0]) {
    case '"':
      out += "\\\"";
      return 1;
    case '\\':
      out += "\\\\";
      return 1;
    case '\n':
      out += "\\n";
      return 1;
    case '\t':
      out += "\\t";
      return 1;
    case '\r':
      out += "\\r";
      return 1;
    default:
      break;
  }
  const Control control = control_at(text);
  if (control.bytes == 0) {
    out += text[0];
    return 1;
  }
  out += "\\u";  // by hand, for a text may be nothing else
  for (int shift = 12; shift >= 0; shift -= 4) out += "0123456789abcdef"[control.character >> shift & 0xf];
  return control.bytes;
}

constexpr uint64_t largest_written_number = uint64_t{1} << 53;

void write_digits(const fmt::format_int& digits, uint64_t magnitude, std::string& out) {
  if (magnitude > largest_written_number) out += '"';
  out.append(digits.data(), digits.size());
  if (magnitude > largest_written_number) out += '"';
}

}  // namespace

void write_json_integer(int64_t value, std::string& out) {
  const uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  write_digits(fmt::format_int(value), magnitude, out);
}

void write_json_integer(uint64_t value, std::string& out) { write_digits(fmt::format_int(value), value, out); }

void write_json_text(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), stands_as_it_is) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(write_escaped(text, out));
  }
  out += '"';
}

std::string json_pointer_step(std::string_view name) {
  std::string step = "/";
  for (const char c : name) {
    if (c == '~')
      step += "~0";
    else if (c == '/')
      step += "~1";
    else
      step += c;
  }
  return step;
}

}  // namespace catlog::events
