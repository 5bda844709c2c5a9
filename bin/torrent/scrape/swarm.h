#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace catlog::scrape {

// What trackers know a torrent by: the info hash of version 1, or the first 20 bytes of version 2's.
using Hash = std::array<uint8_t, 20>;
// Of an info hash in hex, 40 or 64 digits.
std::optional<Hash> hash_of(std::string_view hex);

struct Swarm {
  uint32_t seeds = 0, peers = 0;
  bool is_empty() const { return seeds == 0 && peers == 0; }
  bool operator==(const Swarm&) const = default;
};
constexpr uint32_t most_believed = 1'000'000;  // of either; trackers say anything

}  // namespace catlog::scrape
