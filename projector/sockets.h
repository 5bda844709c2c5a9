#pragma once
#include <chrono>
#include <initializer_list>
#include <string>

#include <zmq.hpp>

#include "events/bus.h"

namespace catlog::projector {

// How many messages may wait for one peer, each way. A ROUTER or XPUB drops what is beyond.
struct Queues {
  int sent;
  int received;
};

// As events::bind_socket, with queues of these sizes.
zmq::socket_t bind_queued(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, Queues queues);

// Returns when `stop` is set, a socket can be read, a signal came, or the time is over.
void wait_for_any(const events::Stop& stop, std::initializer_list<zmq::socket_t*> sockets,
                  std::chrono::milliseconds timeout);
// The same for one socket; whether it can be read.
bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds timeout);

}  // namespace catlog::projector
