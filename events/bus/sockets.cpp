#include "events/bus/sockets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <poll.h>

#include "events/error.h"

namespace catlog::events {

namespace {

constexpr size_t most_awaited = 4;

// A socket's descriptor says that something has happened to it, once: what, and whether there is still some of it, is
// asked here. That makes ZeroMQ take in what its thread has told the socket.
bool can_be_read(zmq::socket_t& socket) {
  try {
    return (socket.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return false;
    throw Failure(Exit::failure, fmt::format("cannot wait on a socket: {}", error.what()));
  }
}

}  // namespace

// One call where zmq::poll makes one for each socket and two for all: a command that comes alone waits for each of
// them.
bool wait_for_any(const Stop& stop, std::initializer_list<Awaited> awaited, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  std::array<pollfd, 1 + 2 * most_awaited> items{{{stop.fd(), POLLIN, 0}}};
  CATLOG_CHECK(awaited.size() <= most_awaited);
  size_t count = 1, bells = 1;  // stop and bells come first
  for (const Awaited& each : awaited)
    if (each.bell_ >= 0) items.at(count++) = {each.bell_, POLLIN, 0};
  bells = count;
  for (const Awaited& each : awaited)
    if (each.socket_) items.at(count++) = {each.socket_->get(zmq::sockopt::fd), POLLIN, 0};
  for (const auto until = Clock::now() + timeout;;) {
    for (const Awaited& each : awaited)
      if (each.socket_ && can_be_read(*each.socket_)) return true;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const int ready = ::poll(items.data(), count, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready < 0 && errno != EINTR)
      throw Failure(Exit::failure, fmt::format("cannot wait on a socket: {}", std::strerror(errno)));
    if (ready <= 0) return ready < 0;
    if (std::any_of(items.data(), items.data() + bells, [](const pollfd& item) { return item.revents != 0; }))
      return true;
  }
}

bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds timeout) {
  zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
  try {
    return zmq::poll(&item, 1, timeout) > 0;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return false;
    throw Failure(Exit::failure, fmt::format("cannot wait on a socket: {}", error.what()));
  }
}

}  // namespace catlog::events
