#pragma once
#include <cstddef>
#include <istream>
#include <optional>
#include <string>

namespace catlog::store {

// What is left in the stream, to its end; nothing when it could not be opened or read, or is more than `max_bytes`: a
// file is opened once and never trusted to be as long as it was said to be.
std::optional<std::string> read_all(std::istream& in, size_t max_bytes);

}  // namespace catlog::store
