#pragma once
#include <string>
#include <string_view>

namespace catlog::events {

// What came from outside may drive a terminal, or turn the order of what is read, when it is printed: control
// characters (C0, DEL, C1) and the marks that override direction. Everything that a person may see goes through one of
// these.

// A text for people: each such character is a space, tabs and ends of lines too, and what is no UTF-8 is U+FFFD.
std::string printable(std::string_view text);
// The same of lines: their ends stay.
std::string printable_lines(std::string_view text);
// A JSON document: each such character in a string is written as its escape, so the value stays what it is. Between
// tokens line feeds and tabs stay, and a carriage return is a space. What is no UTF-8, and so no JSON, is U+FFFD.
std::string printable_json(std::string_view json);

// The character of this kind that `text` begins with, and its length in UTF-8; 0 bytes: `text` begins with none.
struct Control {
  char32_t character = 0;
  size_t bytes = 0;
};
Control control_at(std::string_view text);

}  // namespace catlog::events
