#include "commandhandler/magnet.h"

#include <algorithm>

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

bool is_all(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view scheme = "magnet:?", btih = "urn:btih:", btmh = "urn:btmh:1220";
constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";
constexpr std::string_view base32_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567";

// Whether each exact topic is one whole hash, written plainly, and none is named twice. libtorrent takes the last of
// several, and fills up what is cut or no digit: such a link names another torrent to others than to us.
bool has_plain_topics(std::string_view uri) {
  int v1 = 0, v2 = 0;
  uri.remove_prefix(scheme.size());
  while (!uri.empty()) {
    auto parameter = uri.substr(0, uri.find('&'));
    uri.remove_prefix(std::min(uri.size(), parameter.size() + 1));
    if (parameter.substr(0, 3) != "xt=" && parameter.substr(0, 3) != "xt.") continue;
    auto topic = parameter.substr(std::min(parameter.size(), parameter.find('=') + 1));
    if (topic.find('%') != std::string_view::npos) return false;  // written plainly it needs none
    if (topic.substr(0, btih.size()) == btih) {
      auto hash = topic.substr(btih.size());
      ++v1;
      if (!(hash.size() == 40 && is_all(hash, hex_digits)) && !(hash.size() == 32 && is_all(hash, base32_digits)))
        return false;
    } else if (topic.substr(0, btmh.size()) == btmh) {
      auto hash = topic.substr(btmh.size());
      ++v2;
      if (hash.size() != 64 || !is_all(hash, hex_digits)) return false;
    }
  }
  return v1 <= 1 && v2 <= 1 && v1 + v2 > 0;
}

}  // namespace

std::optional<MagnetHashes> parse_magnet(std::string_view uri) {
  if (uri.substr(0, scheme.size()) != scheme || !has_plain_topics(uri)) return {};
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
