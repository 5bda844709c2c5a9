#include "events/path.h"

namespace catlog::events {

std::filesystem::path without_dots(const std::filesystem::path& path) {
  std::filesystem::path plain;
  for (const auto& part : path)
    if (!part.empty() && part != ".") plain /= part;
  return plain.empty() ? "." : plain;
}

}  // namespace catlog::events
