#pragma once
#include <cstdint>
#include <string>

#include "tests/support/http_peer.h"
#include "tests/support/torrents/house.h"

namespace catlog::tests {

// Reads a film over HTTP while it loads, as a player does: a connection to the address that a house's bridge published.
class Viewer {
 public:
  // Waits until the bridge has published it. `file`: as it stands in a URL; empty: the main one.
  Viewer(const House& house, const Torrent& torrent, const std::string& file = "");

  // Where the bridge's films are, "http://127.0.0.1:4711/0123…"; waits for it.
  static std::string address(const House& house);
  const std::string& path() const { return path_; }
  HttpPeer& peer() { return peer_; }
  // Asks for bytes [from, to), without waiting for them.
  void ask(uint64_t from, uint64_t to);
  // Bytes [from, to) of the file, when they are there; before the film is known asks again. Empty when it takes too
  // long.
  std::string read(uint64_t from, uint64_t to);

 private:
  std::string path_;
  HttpPeer peer_;
};

}  // namespace catlog::tests
