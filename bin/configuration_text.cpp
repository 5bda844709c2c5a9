#include "bin/configuration_text.h"

#include <optional>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "events/text/text_form.h"
#include "events/text/utf8.h"

namespace catlog {
namespace {

constexpr size_t least_line_bytes = 3;  // CLI11 passes over shorter ones

// A quote begins a text where a value or an entry of a list may begin.
bool begins_text(std::string_view line, size_t at) {
  const size_t before = line.substr(0, at).find_last_not_of(" \t");
  return before == std::string_view::npos || std::string_view("=[,").contains(line[before]);
}

// Where the text ends that begins at `at`; npos: nowhere. A backslash keeps a double quote from ending it.
size_t end_of_text(std::string_view line, size_t at) {
  const char quote = line[at];
  for (size_t end = at + 1; end < line.size(); ++end) {
    if (quote == '"' && line[end] == '\\')
      ++end;
    else if (line[end] == quote)
      return end;
  }
  return std::string_view::npos;
}

// Nothing: a text in it does not end, or more stands behind it.
std::optional<std::string_view> without_comment(std::string_view line) {
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '#') return line.substr(0, at);
    if ((line[at] != '"' && line[at] != '\'') || !begins_text(line, at)) continue;
    at = end_of_text(line, at);
    if (at == std::string_view::npos) return {};
    const size_t behind = line.find_first_not_of(" \t\r", at + 1);
    if (behind != std::string_view::npos && !std::string_view("#=],.").contains(line[behind])) return {};
  }
  return line;
}

}  // namespace

std::expected<std::string, std::string> configuration_text(std::string text) {
  if (text.starts_with(events::utf8_mark)) text.erase(0, events::utf8_mark.size());
  if (text.find('\0') != std::string::npos || !events::is_utf8(text))
    return std::unexpected("the configuration is no text in UTF-8: save it as such");
  std::istringstream lines(text);
  std::string clean, line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    const auto shown = without_comment(line);
    if (!shown)
      return std::unexpected(fmt::format(
          "line {} of the configuration: what begins with a quote ends with it, on the same line, and nothing but a "
          "comment stands behind it",
          number));
    const size_t begin = shown->find_first_not_of(" \t\r");
    if (begin != std::string_view::npos && shown->find_last_not_of(" \t\r") - begin + 1 < least_line_bytes)
      return std::unexpected(
          fmt::format("line {} of the configuration is no key with its value, as in data = \"DIR\"", number));
    clean.append(*shown).append("\n");
  }
  return clean;
}

}  // namespace catlog
