#include "events/bus/connection.h"

#include <algorithm>

#include "events/bus/bus.h"

namespace catlog::events {
namespace {

using std::chrono::milliseconds;

// An attempt to connect that is refused is not told of, so each is given so long; more and more, up to a second, until
// something is answered.
constexpr milliseconds first_attempt{50}, longest_attempt{1'000};
// No event tells that a connection is gone; it is looked at so often.
constexpr milliseconds look_at_connection_every{50};

}  // namespace

Connection::Connection(zmq::context_t& context, std::string endpoint, size_t open)
    : context_(context), endpoint_(std::move(endpoint)), open_(open), socket_(make()), attempt_(first_attempt) {
  attempt_ends_ = Clock::now() + attempt_;
}

// It can be written to while its connection is there, and never connects again (decision 51).
zmq::socket_t Connection::make() const {
  zmq::socket_t socket(context_, zmq::socket_type::dealer);
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::reconnect_ivl, -1);
  const int queued = static_cast<int>(std::min<size_t>(2 * open_ + 1'000, 1'000'000));
  socket.set(zmq::sockopt::sndhwm, queued);
  socket.set(zmq::sockopt::rcvhwm, queued);
  events::connect(socket, endpoint_);
  return socket;
}

bool Connection::can(short event) { return (socket_.get(zmq::sockopt::events) & event) != 0; }

Connection::Came Connection::wait(milliseconds at_most) {
  const auto until = Clock::now() + at_most;
  for (;;) {
    const auto left = std::max(std::chrono::ceil<milliseconds>(until - Clock::now()), milliseconds(0));
    if (!is_up_) {
      if (attempt(left) == Came::connection) return Came::connection;
    } else {
      if (can(ZMQ_POLLIN)) return Came::answer;
      zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
      if (zmq::poll(&item, 1, std::min(left, look_at_connection_every)) > 0) return Came::answer;
      if (!can(ZMQ_POLLOUT)) renew();
    }
    if (Clock::now() >= until) return Came::nothing;
  }
}

Connection::Came Connection::attempt(milliseconds at_most) {
  const auto left = std::max(std::chrono::ceil<milliseconds>(attempt_ends_ - Clock::now()), milliseconds(0));
  zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLOUT, 0};
  if (zmq::poll(&item, 1, std::min(at_most, left)) > 0) {
    is_up_ = true;
    return Came::connection;
  }
  if (Clock::now() < attempt_ends_) return Came::nothing;
  renew();
  attempt_ = std::min(2 * attempt_, longest_attempt);
  return Came::nothing;
}

void Connection::renew() {
  is_up_ = false;
  socket_ = make();
  attempt_ends_ = Clock::now() + attempt_;
}

void Connection::send(std::initializer_list<std::string_view> frames) {
  if (!is_up_) return;
  for (const auto& frame : frames) {
    const bool is_last = &frame == frames.end() - 1;
    const auto flags = is_last ? zmq::send_flags::dontwait : zmq::send_flags::dontwait | zmq::send_flags::sndmore;
    // Lost, or about to be: what is behind must not go without this one.
    if (!socket_.send(zmq::buffer(frame), flags)) return renew();
  }
}

std::vector<zmq::message_t> Connection::receive() {
  attempt_ = first_attempt;
  std::vector<zmq::message_t> frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) break;
    more = frame.more();
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace catlog::events
