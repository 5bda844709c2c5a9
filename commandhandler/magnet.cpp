#include "commandhandler/magnet.h"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/hex.hpp>
#include <libtorrent/magnet_uri.hpp>

#include "events/digest.h"

namespace catlog::commandhandler {
namespace {

template <class Hash>
std::string to_hex(const Hash& hash) {
  return events::hex({reinterpret_cast<const uint8_t*>(hash.data()), static_cast<size_t>(hash.size())});
}

}  // namespace

std::optional<MagnetHashes> parse_magnet(std::string_view uri) {
  if (uri.substr(0, 8) != "magnet:?") return {};
  lt::error_code error;
  auto parsed = lt::parse_magnet_uri(lt::string_view(uri.data(), uri.size()), error);
  if (error) return {};
  MagnetHashes hashes;
  if (parsed.info_hashes.has_v1()) hashes.v1 = to_hex(parsed.info_hashes.v1);
  if (parsed.info_hashes.has_v2()) hashes.v2 = to_hex(parsed.info_hashes.v2);
  if (hashes.name().empty()) return {};
  return hashes;
}

}  // namespace catlog::commandhandler
