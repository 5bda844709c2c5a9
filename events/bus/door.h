#pragma once
#include <functional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/bus/bus.h"
#include "events/bus/gate.h"

namespace catlog::events {

struct Place {
  std::string endpoint;
  Speech speech = Speech::plain;
};

// How a socket of the daemon is reached beside its own endpoint, and who may.
struct Door {
  std::vector<Place> further;
  const Gate* gate = nullptr;  // asked about every connection; null: whoever reaches it may do everything
  // Called with each further endpoint once it is bound, a port that was left open being filled in.
  std::function<void(const std::string&)> on_bound = [](const std::string&) {};
};

// Makes a socket that listens at `endpoint`, unless that is empty, and at the door's places. `doing`: what peers come
// there for. Throws as bind().
zmq::socket_t open_door(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, const Door& door,
                        Doing doing, Queues queues, const Inbox* inbox = nullptr);

}  // namespace catlog::events
