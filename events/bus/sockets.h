#pragma once
#include <chrono>
#include <initializer_list>

#include <zmq.hpp>

#include "events/bus/bell.h"
#include "events/bus/bus.h"

namespace catlog::events {

// What is waited for: that a socket can be read, or that a bell rings.
class Awaited {
 public:
  // NOLINTBEGIN(google-explicit-constructor): one of a list
  Awaited(zmq::socket_t* socket) : socket_(socket) {}
  Awaited(BellListener* bell) : socket_(bell->remote()), bell_(bell->fd()) {}
  // NOLINTEND

 private:
  friend bool wait_for_any(const Stop&, std::initializer_list<Awaited>, std::chrono::milliseconds);
  zmq::socket_t* socket_ = nullptr;
  int bell_ = -1;
};

// Returns when `stop` is set, one of these has come, a signal came, or the time is over: then false.
bool wait_for_any(const Stop& stop, std::initializer_list<Awaited> awaited, std::chrono::milliseconds timeout);
// The same for one socket; whether it can be read.
bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds timeout);

}  // namespace catlog::events
