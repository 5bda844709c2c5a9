#include "events/bus.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "events/error.h"
#include "events/path.h"

namespace catlog::events {
namespace {

std::string_view view(const zmq::message_t& frame) { return {static_cast<const char*>(frame.data()), frame.size()}; }

// All frames of the next message, at most max_frames of them kept.
std::vector<zmq::message_t> receive_frames(zmq::socket_t& socket) {
  std::vector<zmq::message_t> frames;
  size_t bytes = 0;  // of what the peer sent, which is all but the identity
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) break;
    more = frame.more();
    if (!frames.empty()) bytes += frame.size();
    if (!more && bytes > 0) take_waiting(zmq_msg_get(frame.handle(), ZMQ_SRCFD), bytes);
    if (frames.size() <= max_frames) frames.push_back(std::move(frame));
  }
  return frames;
}

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
  return fmt::format("{}/{}/{}/", encoding == Encoding::capnp ? "capnp" : "json", table, id);
}

std::string endpoint_in(const std::filesystem::path& data_directory, std::string_view name) {
  auto path = (without_dots(std::filesystem::absolute(data_directory)) / "run" / name).string();
  if (path.size() > max_ipc_path_bytes)
    throw Failure(Exit::usage, fmt::format("{} is longer than the {} bytes that a socket's path can have; choose a "
                                           "shorter data directory",
                                           path, max_ipc_path_bytes));
  return "ipc://" + path;
}

zmq::socket_t bind_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, Queues queues) {
  // Limits count only when they are set before the socket is bound.
  zmq::socket_t socket(context, type);
  set_limits(socket);
  socket.set(zmq::sockopt::sndhwm, queues.sent);
  socket.set(zmq::sockopt::rcvhwm, queues.received);
  const Listening watched(queues.taken_by);
  try {
    socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw Failure(Exit::failure, fmt::format("cannot listen on {}: {}", endpoint, error.what()));
  }
  return socket;
}

void connect(zmq::socket_t& socket, const std::string& endpoint) {
  set_limits(socket);
  try {
    socket.connect(endpoint);
  } catch (const zmq::error_t& error) {
    throw Failure(Exit::usage, fmt::format("cannot use the endpoint {}: {}", endpoint, error.what()));
  }
}

zmq::socket_t connect_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint) {
  zmq::socket_t socket(context, type);
  connect(socket, endpoint);
  return socket;
}

std::optional<Request> receive_request(zmq::socket_t& router) {
  auto frames = receive_frames(router);
  if (frames.empty()) return {};
  Request request;
  // Identity, then either three frames, or an empty one and three: the number decides, so a tag may be empty.
  bool has_empty = frames.size() == 5 && frames[1].size() == 0;
  size_t head = has_empty ? 2 : 1;
  bool well_formed = frames.size() == head + 3;
  if (!well_formed && frames.size() > 1 && frames[1].size() == 0) head = 2;
  for (size_t i = 0; i < head && i < frames.size(); ++i) request.envelope.push_back(std::move(frames[i]));
  if (!well_formed) {
    if (frames.size() > head) request.tag = std::string(view(frames[head]).substr(0, max_tag_bytes));
    request.malformed = "a request has three frames: tag, encoding, body";
    return request;
  }
  request.tag = std::string(view(frames[head]).substr(0, max_tag_bytes));
  if (frames[head].size() > max_tag_bytes) request.malformed = fmt::format("a tag has at most {} bytes", max_tag_bytes);
  request.encoding = parse_encoding(view(frames[head + 1]));
  if (!request.encoding && request.malformed.empty())
    request.malformed = "the encoding frame must be \"c\" (Cap'n Proto) or \"j\" (JSON)";
  request.body = std::move(frames[head + 2]);
  return request;
}

void take_credits(zmq::socket_t& router) {
  // Reading ZMQ_EVENTS handles all that is pending on the socket (libzmq 4.3.4, socket_base_t::getsockopt).
  static_cast<void>(router.get(zmq::sockopt::events));
}

void send_frame(zmq::socket_t& socket, std::string_view frame, zmq::send_flags flags) {
  // A peer that is gone or does not read cannot hold up the others: a ROUTER drops what it cannot deliver.
  static_cast<void>(socket.send(zmq::buffer(frame), flags));
}

void send_reply_head(zmq::socket_t& router, Request& request, Encoding encoding) {
  for (auto& frame : request.envelope) static_cast<void>(router.send(std::move(frame), zmq::send_flags::sndmore));
  send_frame(router, request.tag, zmq::send_flags::sndmore);
  send_frame(router, encoding_frame(encoding), zmq::send_flags::sndmore);
}

Stop::Stop() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Failure(Exit::failure, fmt::format("cannot make an eventfd: {}", std::strerror(errno)));
}

Stop::~Stop() { ::close(fd_); }

void Stop::set() noexcept {
  uint64_t one = 1;
  static_cast<void>(!::write(fd_, &one, sizeof one));
}

bool Stop::is_set() const {
  pollfd poll{fd_, POLLIN, 0};
  return ::poll(&poll, 1, 0) > 0;
}

Bell::Bell(zmq::context_t& context, const std::string& endpoint) : socket_(context, zmq::socket_type::pub) {
  set_limits(socket_);
  socket_.set(zmq::sockopt::conflate, true);
  const Listening watched(TakenBy::library);
  try {
    socket_.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw Failure(Exit::failure, fmt::format("cannot listen on {}: {}", endpoint, error.what()));
  }
}

void Bell::ring() { static_cast<void>(socket_.send(zmq::str_buffer("!"), zmq::send_flags::dontwait)); }

BellListener::BellListener(zmq::context_t& context, const std::string& endpoint)
    : socket_(context, zmq::socket_type::sub) {
  set_limits(socket_);
  socket_.set(zmq::sockopt::conflate, true);
  socket_.set(zmq::sockopt::subscribe, "");
  socket_.connect(endpoint);
}

void BellListener::drain() {
  zmq::message_t frame;
  while (socket_.recv(frame, zmq::recv_flags::dontwait)) {
  }
}

}  // namespace catlog::events
