#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <zmq.hpp>

namespace catlog::events {

// Whether a daemon lets a client in, as ZeroMQ's monitor tells of its handshakes. Threads: one at a time.
class Admission {
 public:
  // What the monitor must tell.
  static constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

  // The next event that a monitor's socket has to tell; nothing: there is none.
  std::optional<uint16_t> take(zmq::socket_t& told);
  // Whether the last handshake failed for that.
  bool is_refused() const { return since_.has_value(); }
  // Throws Failure(usage) when it was not let in for so long that no list can be about to change.
  void check(const std::string& endpoint) const;

 private:
  using Clock = std::chrono::steady_clock;
  uint32_t code_ = 0;  // of the daemon's answer to the last handshake
  std::optional<Clock::time_point> since_;
  bool is_lasting_ = false;
};

}  // namespace catlog::events
