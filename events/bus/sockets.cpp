#include "events/bus/sockets.h"

#include <cerrno>
#include <vector>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::events {

namespace {

int poll(std::vector<zmq::pollitem_t>& items, std::chrono::milliseconds timeout) {
  try {
    return zmq::poll(items.data(), items.size(), timeout);
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return 0;
    throw Failure(Exit::failure, fmt::format("cannot wait on a socket: {}", error.what()));
  }
}

}  // namespace

void wait_for_any(const Stop& stop, std::initializer_list<zmq::socket_t*> sockets, std::chrono::milliseconds timeout) {
  std::vector<zmq::pollitem_t> items{{nullptr, stop.fd(), ZMQ_POLLIN, 0}};
  for (zmq::socket_t* socket : sockets) items.push_back({socket->handle(), 0, ZMQ_POLLIN, 0});
  poll(items, timeout);
}

bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds timeout) {
  std::vector<zmq::pollitem_t> items{{socket.handle(), 0, ZMQ_POLLIN, 0}};
  return poll(items, timeout) > 0;
}

}  // namespace catlog::events
