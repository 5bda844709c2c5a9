#include "commandhandler/rules/magnet.h"

#include <algorithm>
#include <cctype>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/magnet_uri.hpp>

#include "events/digest.h"
#include "events/text/magnet.h"
#include "events/text/utf8.h"

namespace catlog::commandhandler {
namespace {

constexpr std::string_view scheme = "magnet:?", btih = "urn:btih:", btmh = "urn:btmh:", sha256 = "1220";
constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";
constexpr std::string_view base32_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567";

struct Hashes {
  std::string v1, v2;
  bool operator==(const Hashes&) const = default;
};

template <class Hash>
std::string to_hex(const Hash& hash) {
  return events::hex({reinterpret_cast<const uint8_t*>(hash.data()), static_cast<size_t>(hash.size())});
}

// What libtorrent finds in a link; nothing when it refuses it.
Hashes libtorrent_reads(std::string_view uri) {
  lt::error_code error;
  const auto parsed = lt::parse_magnet_uri(lt::string_view(uri.data(), uri.size()), error);
  Hashes hashes;
  if (error) return hashes;
  if (parsed.info_hashes.has_v1()) hashes.v1 = to_hex(parsed.info_hashes.v1);
  if (parsed.info_hashes.has_v2()) hashes.v2 = to_hex(parsed.info_hashes.v2);
  return hashes;
}

bool is_all(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

// Empty: a '%' without two hex digits behind it.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = text.substr(i + 1, 2);
    if (byte.size() != 2 || !is_all(byte, hex_digits)) return {};
    out += static_cast<char>(std::stoi(std::string(byte), nullptr, 16));
    i += 2;
  }
  return out;
}

// As it is meant: in lower case, decoded, without a number behind it. Empty: it cannot be decoded.
std::string name_of(std::string_view parameter) {
  const auto decoded = percent_decoded(parameter.substr(0, parameter.find('=')));
  if (!decoded) return {};
  std::string_view name = *decoded;
  if (const auto dot = name.rfind('.'); dot != std::string_view::npos && is_all(name.substr(dot + 1), "0123456789"))
    name = name.substr(0, dot);
  return events::lower_ascii(name);
}

// Addresses of peers and of DHT nodes, which whoever made the link has chosen, and which of the files are wanted.
bool is_left_out(std::string_view name) { return name == "x.pe" || name == "dht" || name == "so"; }

// The topics of BitTorrent in a link, and what is left of it.
class Topics {
 public:
  // False when one of them is no whole hash, or the second one of its version.
  bool read(std::string_view parameters);
  Hashes hashes;
  std::string others;
  bool left_some_out = false;

 private:
  bool add(std::string_view value);
};

bool Topics::read(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = parameters.substr(0, parameters.find('&'));
    parameters.remove_prefix(std::min(parameters.size(), parameter.size() + 1));
    const auto name = name_of(parameter);
    if (is_left_out(name)) {
      left_some_out = true;
      continue;
    }
    if (name == "xt") {
      const auto value = percent_decoded(parameter.substr(std::min(parameter.size(), parameter.find('=') + 1)));
      if (!value) return false;
      if (const auto kind = events::lower_ascii(std::string_view(*value).substr(0, btih.size()));
          kind == btih || kind == btmh) {
        if (!add(*value)) return false;
        continue;
      }
    }
    if (!parameter.empty()) others.append("&").append(parameter);
  }
  return !hashes.v1.empty() || !hashes.v2.empty();
}

bool Topics::add(std::string_view value) {
  const bool is_v1 = events::lower_ascii(value.substr(0, btih.size())) == btih;
  const auto hash = value.substr(btih.size());
  auto& known = is_v1 ? hashes.v1 : hashes.v2;
  if (!known.empty()) return false;
  if (is_v1 && hash.size() == 32 && is_all(hash, base32_digits)) {
    known = libtorrent_reads(std::string(scheme).append("xt=").append(btih).append(hash)).v1;
    return !known.empty();
  }
  const auto digits = is_v1 ? hash : hash.substr(std::min(hash.size(), sha256.size()));
  if (!is_v1 && !hash.starts_with(sha256)) return false;
  if (digits.size() != (is_v1 ? 40 : 64) || !is_all(digits, hex_digits)) return false;
  known = events::lower_ascii(digits);
  return !is_all(digits, "0");  // which is none to libtorrent
}

}  // namespace

std::string Magnet::kept_as(const std::string& named) const {
  if (is_plain && events::begins_with_topic(as_sent, named)) return as_sent;
  std::string text = events::topic_of(named);
  const std::string& other = named == v1 ? v2 : v1;
  if (!other.empty()) text.append("&").append(events::topic_of(other).substr(scheme.size()));
  return text.append(others);
}

std::optional<Magnet> parse_magnet(std::string_view uri) {
  if (events::lower_ascii(uri.substr(0, scheme.size())) != scheme) return {};
  Topics topics;
  if (!topics.read(uri.substr(scheme.size()))) return {};
  const Hashes& written = topics.hashes;
  const Hashes read = libtorrent_reads(uri);
  // It may not know the spelling of one, but must not find another.
  if ((!read.v1.empty() && read.v1 != written.v1) || (!read.v2.empty() && read.v2 != written.v2)) return {};
  Magnet magnet{written.v1, written.v2, std::string(uri), topics.others, read == written && !topics.left_some_out};
  if (const auto kept = magnet.kept_as(magnet.name()); kept != uri && libtorrent_reads(kept) != written) return {};
  return magnet;
}

}  // namespace catlog::commandhandler
