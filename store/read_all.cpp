#include "store/read_all.h"

#include <algorithm>

namespace catlog::store {

std::optional<std::string> read_all(std::istream& in, size_t max_bytes) {
  constexpr size_t part_bytes = 64 * 1024;
  std::string text;
  while (in && text.size() <= max_bytes) {
    const size_t before = text.size(), part = std::min(part_bytes, max_bytes + 1 - before);
    text.resize(before + part);
    in.read(text.data() + before, static_cast<std::streamsize>(part));
    text.resize(before + static_cast<size_t>(in.gcount()));
  }
  if (in.bad() || !in.eof() || text.size() > max_bytes) return {};
  return text;
}

}  // namespace catlog::store
