#include "bin/torrent/scrape/swarm.h"

#include <charconv>
#include <system_error>

namespace catlog::scrape {

std::optional<Hash> hash_of(std::string_view hex) {
  Hash hash;
  if (hex.size() != 40 && hex.size() != 64) return {};
  for (size_t at = 0; at < hash.size(); ++at) {
    const char* const digits = hex.data() + at * 2;
    const auto [end, fault] = std::from_chars(digits, digits + 2, hash[at], 16);
    if (fault != std::errc() || end != digits + 2) return {};
  }
  return hash;
}

}  // namespace catlog::scrape
