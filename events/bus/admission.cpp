#include "events/bus/admission.h"

#include <cstring>

#include <fmt/format.h>

#include "events/bus/uninterrupted.h"
#include "events/error.h"

namespace catlog::events {
namespace {

// The daemon looks at its list each second, and whoever changes it may do so in two steps.
constexpr std::chrono::seconds longest_change{3};
// Attempts are a second apart: refusals that are further apart say nothing of the time between them.
constexpr std::chrono::milliseconds longest_pause{2'500};

}  // namespace

std::optional<uint16_t> Admission::take(zmq::socket_t& monitor, size_t turns) {
  zmq::message_t event, endpoint;
  for (zmq::message_t* frame : {&event, &endpoint})
    if (!uninterrupted([&] { return monitor.recv(*frame, zmq::recv_flags::dontwait); })) return {};
  uint16_t what = 0;
  uint32_t value = 0;
  if (event.size() < sizeof what + sizeof value) return what;
  std::memcpy(&what, event.data(), sizeof what);
  std::memcpy(&value, static_cast<const char*>(event.data()) + sizeof what, sizeof value);
  told(what, value, Clock::now(), turns);
  return what;
}

void Admission::told(uint16_t what, uint32_t value, Clock::time_point now, size_t turns) {
  if (what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
    since_.reset();
    is_lasting_ = false;
  } else if (what == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
    code_ = value;
    if (!since_ || now - last_ > longest_pause * turns) since_ = now;
    last_ = now;
    is_lasting_ = now - *since_ >= longest_change;
  }
}

void Admission::check(const std::string& endpoint) const {
  if (!is_lasting_) return;
  throw Failure(Exit::usage,
                fmt::format("forbidden: {} does not let this client in ({}): its key, or its user, is not on the "
                            "daemon's list, or has a role that may not do this; ask whoever runs the daemon "
                            "(catlog bus-keys)",
                            endpoint, code_));
}

}  // namespace catlog::events
