#include "events/bus/bus.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <limits>

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "events/bus/uninterrupted.h"
#include "events/error.h"
#include "events/path.h"

namespace catlog::events {
namespace {

void set_limits(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(max_frame_bytes));
  socket.set(zmq::sockopt::handshake_ivl, max_handshake_ms);
}

}  // namespace

std::string_view encoding_frame(Encoding encoding) { return encoding == Encoding::capnp ? "c" : "j"; }

std::optional<Encoding> parse_encoding(std::string_view frame) {
  if (frame == "c") return Encoding::capnp;
  if (frame == "j") return Encoding::json;
  return {};
}

std::string topic_of(Encoding encoding, std::string_view table, int64_t id) {
  char digits[std::numeric_limits<int64_t>::digits10 + 2];
  std::string topic(encoding == Encoding::capnp ? "capnp/" : "json/");
  topic.append(table).append("/").append(digits, std::to_chars(digits, std::end(digits), id).ptr).append("/");
  return topic;
}

std::string endpoint_in(const DataDirectory& data, std::string_view name) {
  auto path = (DataDirectory(without_dots(std::filesystem::absolute(data.root))).run() / name).string();
  if (path.size() > max_ipc_path_bytes)
    throw Failure(Exit::usage, fmt::format("{} is longer than the {} bytes that a socket's path can have; choose a "
                                           "shorter data directory",
                                           path, max_ipc_path_bytes));
  return "ipc://" + path;
}

// Limits count only when they are set before the socket is bound.
zmq::socket_t make_server(zmq::context_t& context, zmq::socket_type type, Queues queues) {
  zmq::socket_t socket(context, type);
  set_limits(socket);
  socket.set(zmq::sockopt::sndhwm, queues.sent);
  socket.set(zmq::sockopt::rcvhwm, queues.received);
  socket.set(zmq::sockopt::backlog, connections_queued);
  return socket;
}

void bind(zmq::socket_t& socket, const std::string& endpoint, const Inbox* inbox, Speech speech) {
  const Listening watched(inbox, speech);
  try {
    socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw Failure(Exit::failure, fmt::format("cannot listen on {}: {}", endpoint, error.what()));
  }
}

zmq::socket_t bind_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, Queues queues,
                          const Inbox* inbox) {
  zmq::socket_t socket = make_server(context, type, queues);
  bind(socket, endpoint, inbox);
  return socket;
}

void connect(zmq::socket_t& socket, const std::string& endpoint) {
  set_limits(socket);
  try {
    uninterrupted([&] { socket.connect(endpoint); });
  } catch (const zmq::error_t& error) {
    throw Failure(Exit::usage, fmt::format("cannot use the endpoint {}: {}", endpoint, error.what()));
  }
}

zmq::socket_t connect_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint) {
  zmq::socket_t socket(context, type);
  connect(socket, endpoint);
  return socket;
}

void send_frame(zmq::socket_t& socket, std::string_view frame, zmq::send_flags flags) {
  static_cast<void>(socket.send(zmq::buffer(frame), flags));
}

Stop::Stop() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Failure(Exit::failure, fmt::format("cannot make an eventfd: {}", std::strerror(errno)));
}

Stop::~Stop() { ::close(fd_); }

void Stop::set() noexcept {
  is_set_.store(true, std::memory_order_release);
  const uint64_t one = 1;
  static_cast<void>(!::write(fd_, &one, sizeof one));
}

}  // namespace catlog::events
