#include "bin/cli/advice.h"

#include <algorithm>
#include <array>

#include "events/text/shell_word.h"

namespace catlog::cli {
namespace {

constexpr std::string_view begin_of_command = "`catlog ";
// Those that are advised of a data directory.
constexpr auto on_data = std::to_array<std::string_view>(
    {"bus-keys", "group", "log", "migrate", "quarantine", "rebuild", "status", "verify"});

// `command` is what stands behind "catlog ": "group list".
bool lacks_data(std::string_view command) {
  return std::ranges::find(on_data, command.substr(0, command.find(' '))) != on_data.end() &&
         command.find("--data") == command.npos && command.find("--help") == command.npos;
}

}  // namespace

std::string data_option(const Settings& settings) {
  const auto& root = settings.data.root;
  return root == Settings{}.data.root ? "" : " --data " + events::shell_word(root.string());
}

std::string with_data(const Settings& settings, std::string_view words) {
  const std::string option = data_option(settings);
  std::string all;
  for (size_t begin; (begin = words.find(begin_of_command)) != words.npos;) {
    begin += begin_of_command.size();
    const size_t end = std::min(words.find('`', begin), words.size());
    all += words.substr(0, end);
    if (lacks_data(words.substr(begin, end - begin))) all += option;
    // The quote that ends it begins no other.
    const size_t next = std::min(end + 1, words.size());
    all += words.substr(end, next - end);
    words.remove_prefix(next);
  }
  return all.append(words);
}

events::Exit advising(const Settings& settings, const std::function<events::Exit()>& work) try {
  return work();
} catch (const events::Failure& failure) {
  throw events::Failure(failure.code(), with_data(settings, failure.what()));
}

}  // namespace catlog::cli
