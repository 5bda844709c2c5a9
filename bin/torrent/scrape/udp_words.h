#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bin/torrent/scrape/swarm.h"

// Datagrams between us and a tracker (BEP 15).
namespace catlog::scrape {

constexpr size_t hashes_a_datagram = 74;

std::string connect_datagram(uint32_t transaction);
std::string scrape_datagram(uint64_t connection, uint32_t transaction, std::span<const Hash> hashes);

struct UdpAnswer {
  enum class Kind { connected, scraped, refused };
  Kind kind = Kind::refused;
  uint32_t transaction = 0;
  uint64_t connection = 0;    // connected
  std::vector<Swarm> swarms;  // scraped: in the question's order, at most as many as one may ask for
};
// Nothing: it is none of these.
std::optional<UdpAnswer> read_datagram(std::string_view bytes);

}  // namespace catlog::scrape
