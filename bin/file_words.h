#pragma once
#include <filesystem>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "events/rights.h"
#include "events/text/printable.h"

namespace catlog {

// What the library found wrong with a file, as a sentence of ours.
inline std::string words_of(const std::filesystem::filesystem_error& error) {
  return fmt::format("cannot use {}: {}{}", events::printable(error.path1().string()), error.code().message(),
                     events::hint_at(error.code().value()));
}

}  // namespace catlog
