#include "bin/nodes/known_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "events/digest.h"

namespace catlog::nodes {
namespace {

using commandhandler::KeyFolder;

constexpr std::string_view key_word = "key ", destroyed_word = "destroyed ";

}  // namespace

std::string to_lines(const KeyFolder::Names& names) {
  std::string lines;
  for (const auto& name : names.keys) lines += fmt::format("{}{}\n", key_word, commandhandler::to_text(name));
  for (const auto& name : names.destroyed)
    lines += fmt::format("{}{}\n", destroyed_word, commandhandler::to_text(name));
  return lines;
}

KeyFolder::Names parse_lines(std::string_view text) {
  KeyFolder::Names names;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    for (auto [word, into] : {std::pair{key_word, &names.keys}, {destroyed_word, &names.destroyed}})
      if (line.starts_with(word))
        if (auto name = commandhandler::parse_key_name(line.substr(word.size()))) into->insert(std::move(*name));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

const KeyFolder::Names& KnownKeys::names() {
  look();
  return names_;
}

const std::string& KnownKeys::digest() {
  look();
  return digest_;
}

void KnownKeys::look() {
  if (!changes_.is_to_be_listed()) return;
  names_ = folder_.list();
  digest_ = events::hex(events::sha256(to_lines(names_)));
}

}  // namespace catlog::nodes
