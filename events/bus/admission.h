#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <zmq.hpp>

namespace catlog::events {

// Whether the daemon at one endpoint lets a client in, as ZeroMQ's monitor tells of its handshakes. Threads: one at a
// time.
class Admission {
 public:
  using Clock = std::chrono::steady_clock;

  // What the monitor must tell.
  static constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

  // The next event that a monitor's socket has to tell; nothing: there is none. `turns`: how many endpoints are tried
  // one after the other.
  std::optional<uint16_t> take(zmq::socket_t& monitor, size_t turns = 1);
  // The same as it was told.
  void told(uint16_t what, uint32_t value, Clock::time_point now, size_t turns = 1);
  // Whether the last handshake failed for that.
  bool is_refused() const { return since_.has_value(); }
  // Throws Failure(usage) when it was not let in for so long that no list can be about to change.
  void check(const std::string& endpoint) const;

 private:
  uint32_t code_ = 0;                       // of the daemon's answer to the last handshake
  std::optional<Clock::time_point> since_;  // of refusals with no long pause between them
  Clock::time_point last_;                  // of them
  bool is_lasting_ = false;
};

}  // namespace catlog::events
