#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace catlog::tests {

// Commands as lines of JSON, each with an id that is the same in every run: titles that are put and rated, a later one
// about an earlier one's, now and then a batch. Sent in order none is refused, and each has events.
std::vector<std::string> many_commands(size_t count);
// The demo catalogue and behind it many_commands(count).
std::vector<std::string> demo_and_many_commands(const std::filesystem::path& source, size_t count);

// Puts film `number`, with 9,000 bytes of text: few of these fill a small disk. The same each time, its id too.
std::string wide_put_movie(size_t number);

}  // namespace catlog::tests
