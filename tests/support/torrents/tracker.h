#pragma once
#include <memory>
#include <string>

#include "tests/support/torrents/tracker_words.h"

// A tracker of the tests' own, over HTTP and UDP (BEP 3, 15, 23, 48), on a free port of the loopback interface.
namespace catlog::tests {

class Tracker {
 public:
  using Manner = TrackerManner;
  using Swarm = TrackerSwarm;
  using Counts = TrackerCounts;

  Tracker();
  Tracker(const Tracker&) = delete;
  ~Tracker();

  std::string udp() const;   // "udp://127.0.0.1:4711/announce"
  std::string http() const;  // "http://127.0.0.1:4712/announce"

  // What it says of a torrent (hash in hex, 40 digits) beside those who announced themselves.
  void set(const std::string& hash, Swarm swarm);
  void behave(Manner manner);
  // Of those who announced themselves and did not stop.
  Swarm announced(const std::string& hash) const;
  Counts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace catlog::tests
