#pragma once
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "bin/http/server.h"
#include "bin/torrent/engine/films.h"
#include "events/bus/bus.h"

namespace catlog::torrent {

// Lets players of this machine read films over HTTP while they load, in a thread of its own:
//
//     http://127.0.0.1:PORT/SECRET/HASH        the main file
//     http://127.0.0.1:PORT/SECRET/HASH/PATH   another one, its path with %XX for what a URL does not take
//
// Who does not know the secret learns nothing. Lifetime: `films` outlives it.
class Player {
 public:
  // Throws as http::Listener; Failure(usage) for an endpoint that is no port.
  Player(const std::string& endpoint, const Films& films, http::Limits limits = limits_of_players());
  Player(const Player&) = delete;
  ~Player();

  // Up to the secret.
  const std::string& address() const { return address_; }
  // Which films were read since it was asked last, by their hashes. Threads: any.
  std::set<std::string> read_lately();
  // Which films players have open now, also one that is paused and reads nothing. Threads: any.
  std::set<std::string> open() const;
  const http::ServerCounters& counters() const { return server_.counters(); }

  static http::Limits limits_of_players();

 private:
  http::Response answer(const http::Request& request);
  void note_read(const std::string& hash);
  void note_open(const std::string& hash);
  void note_closed(const std::string& hash);

  const Films& films_;
  std::string secret_;
  mutable std::mutex mutex_;
  std::set<std::string> read_;
  std::multiset<std::string> open_;  // once for each stream
  uint64_t readers_ = 0;
  events::Stop stop_;
  http::Server server_;
  std::string address_;
  std::jthread thread_;
};

}  // namespace catlog::torrent
