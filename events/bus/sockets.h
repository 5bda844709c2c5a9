#pragma once
#include <chrono>
#include <initializer_list>
#include <string>

#include <zmq.hpp>

#include "events/bus/bus.h"

namespace catlog::events {

// Returns when `stop` is set, a socket can be read, a signal came, or the time is over.
void wait_for_any(const Stop& stop, std::initializer_list<zmq::socket_t*> sockets, std::chrono::milliseconds timeout);
// The same for one socket; whether it can be read.
bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds timeout);

}  // namespace catlog::events
