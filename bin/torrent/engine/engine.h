#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bin/torrent/engine/films.h"
#include "bin/torrent/engine/seen.h"

namespace catlog::torrent {

struct Session;

// The transfers of this process: libtorrent's session, and a directory for each.
//
// What a transfer is called is its info hash in hex, as the log has it. Threads: one at a time; `on_news` is called in
// any, and only wakes somebody.
class Engine {
 public:
  // Throws Failure(usage) for an address that cannot be listened on, Failure(failure).
  Engine(EngineOptions options, std::function<void()> on_news);
  ~Engine();
  Engine(const Engine&) = delete;

  // Where peers reach it; 0: nowhere.
  uint16_t port() const;

  // What can be read of them; as long as this object lives, in any thread.
  const Films& films() const;

  // Begins a transfer, or goes on with one. What is wrong with it is seen at the next look.
  void add(const std::string& hash, const std::string& magnet, Trust trust);
  // In the session, or still on its way out of it.
  bool is_there(const std::string& hash) const;
  // Looks through its files, and loads what is not as it should be.
  void check(const std::string& hash);
  // Ends it; its figures are saved. `remove`: with all that is in its directory, which need not be a transfer's now;
  // what cannot be removed is tried again by a further call, each time after a longer while.
  void drop(const std::string& hash, Files files);

  // What somebody has to see to, since it was asked last.
  std::vector<std::string> complaints();

  // All transfers, after what libtorrent had to tell was dealt with.
  std::vector<Seen> look();
  Traffic traffic() const;  // up to that
  // Whether files that were complete once are, by sizes and times, not what they were then.
  bool is_touched(const std::string& hash) const;
  // Saves what moved since it was saved last, when it is time to.
  void save_some();
  // Stops all transfers and saves them; returns when that is on the disk, or after `longest`.
  void close(std::chrono::milliseconds longest);

 private:
  std::unique_ptr<Session> session_;
};

}  // namespace catlog::torrent
