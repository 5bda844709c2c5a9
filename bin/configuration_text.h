#pragma once
#include <expected>
#include <string>

namespace catlog {

// A configuration as CLI11 can read it: it takes any # for the beginning of a comment, in a text too, and a text that
// does not end for one with a quote in it. Without byte order mark and comments; a key and its value stand on one line.
// Or a sentence on what is wrong.
std::expected<std::string, std::string> configuration_text(std::string text);

}  // namespace catlog
