#pragma once
#include <string>
#include <string_view>

namespace catlog::events {

// A text as one word of a POSIX shell, for advice that is copied: as it is where that is one, else in single quotes.
std::string shell_word(std::string_view text);

}  // namespace catlog::events
