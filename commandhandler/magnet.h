#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace catlog::commandhandler {

// The info hashes of a magnet link in lower-case hex; empty where it has none of that version.
struct MagnetHashes {
  std::string v1;  // 40 digits
  std::string v2;  // 64 digits
  // The one that names the torrent: v1, if there is one.
  const std::string& name() const { return v1.empty() ? v2 : v1; }
};

// Parsed by libtorrent (BEP 9, BEP 52). Empty when it is no magnet link, or does not name one torrent plainly: by a
// whole v1 hash (hex or base32), a whole v2 hash (hex), or one of each.
std::optional<MagnetHashes> parse_magnet(std::string_view uri);

}  // namespace catlog::commandhandler
