#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace catlog::commandhandler {

// A magnet link that names one torrent.
struct Magnet {
  std::string v1;  // info hash in lower-case hex, 40 digits; empty: it has none of this version
  std::string v2;  // 64 digits
  std::string as_sent;
  // The parameters that are no topics of BitTorrent, as they came, each behind an '&': without those that name peers
  // (x.pe), DHT nodes (dht) or ranges of files (so).
  std::string others;
  bool is_plain = false;  // nothing is left out, and libtorrent finds both hashes in it as it was sent

  // The hash that names the torrent: v1, if there is one.
  const std::string& name() const { return v1.empty() ? v2 : v1; }
  // The link as it is kept (events/text/magnet.h) by `named`, which is v1 or v2: as it came, when it is plain and
  // begins with that topic; else both topics in hex, this one first, and the others.
  std::string kept_as(const std::string& named) const;
};

// Reads a link by BEP 9 and BEP 52 as it is meant: parameter names in any case, with a number behind them ("xt.1"),
// names and values percent-encoded, hashes in hex or (version 1) base32. Empty when it is no magnet link, or does not
// name one torrent: it has no topic, two of one version however they are written, one that is no whole hash, or is one
// in which libtorrent finds another torrent than is written there.
std::optional<Magnet> parse_magnet(std::string_view uri);

}  // namespace catlog::commandhandler
