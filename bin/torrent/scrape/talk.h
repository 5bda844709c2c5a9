#pragma once
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "bin/torrent/scrape/reach.h"
#include "bin/torrent/scrape/swarm.h"
#include "bin/torrent/scrape/tracker_url.h"

namespace catlog::scrape {

using Clock = std::chrono::steady_clock;

struct TalkLimits {
  std::chrono::milliseconds udp_timeout{5'000};  // of a datagram's first try, twice as long each further one
  int udp_tries = 3;
  std::chrono::milliseconds http_timeout{15'000};
};

// One conversation with a tracker about some torrents. Waits for nobody. Threads: one at a time.
class Talk {
 public:
  enum class State { under_way, over, failed };
  virtual ~Talk() = default;
  // What poll() is to wait for, and until when at most.
  virtual pollfd awaited() const = 0;
  virtual Clock::time_point deadline() const = 0;
  virtual void go_on(Clock::time_point now) = 0;
  State state() const { return state_; }
  // Swarms that the tracker has told since this was asked last. Of what it does not tell nothing comes.
  std::vector<std::pair<Hash, Swarm>> take() { return std::exchange(told_, {}); }

 protected:
  State state_ = State::under_way;
  std::vector<std::pair<Hash, Swarm>> told_;
};

// Begins one; the address was looked at (reach.h). `hashes`: of HTTP at most hashes_a_request.
std::unique_ptr<Talk> begin_udp(const sockaddr_storage& address, std::span<const Hash> hashes, const TalkLimits& limits,
                                Clock::time_point now);
std::unique_ptr<Talk> begin_http(const TrackerUrl& url, const sockaddr_storage& address, std::span<const Hash> hashes,
                                 const TalkLimits& limits, Clock::time_point now);

}  // namespace catlog::scrape
