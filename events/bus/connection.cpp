#include "events/bus/connection.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "events/bus/bus.h"
#include "events/bus/uninterrupted.h"
#include "events/error.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

using std::chrono::milliseconds;

// So long after its beginning a connection that was lost, or is not let in, gives way to another; more and more, up to
// a second, until something is answered. One that is still on its way has the second: a machine far away needs several
// round trips.
constexpr milliseconds first_attempt{50}, longest_attempt{1'000};
// ZeroMQ's own next attempt: never as long as anybody looks here.
constexpr milliseconds next_by_itself = std::chrono::hours(1);

// A comma in a path parts nothing.
std::vector<std::string> parted(std::string_view endpoints) {
  std::vector<std::string> parts;
  for (size_t from = 0, at = 0; at != std::string_view::npos; from = at + 1) {
    at = std::min(endpoints.find(",tcp://", from), endpoints.find(",ipc://", from));
    parts.emplace_back(endpoints.substr(from, at == std::string_view::npos ? at : at - from));
  }
  return parts;
}

}  // namespace

// Not ZMQ_IMMEDIATE, nor a reconnecting that is switched off (-1): with either, ZeroMQ takes the queue of a lost
// connection away between two frames of a message that is being read, and ends the process (decision 51).
Connection::Link::Link(zmq::context_t& context, const std::string& endpoint, size_t open,
                       const std::optional<ClientKeys>& keys)
    : socket_(context, zmq::socket_type::dealer), told_(context, zmq::socket_type::pair) {
  socket_.set(zmq::sockopt::reconnect_ivl, static_cast<int>(next_by_itself.count()));
  const int queued = static_cast<int>(std::min<size_t>(2 * open + 1'000, 1'000'000));
  socket_.set(zmq::sockopt::sndhwm, queued);
  socket_.set(zmq::sockopt::rcvhwm, queued);
  const std::string name = "inproc://connection-" + to_string(new_uuid());
  while (zmq_socket_monitor(socket_.handle(), name.c_str(), Admission::events | ZMQ_EVENT_DISCONNECTED) != 0)
    CATLOG_CHECK(errno == EINTR);
  uninterrupted([&] { told_.connect(name); });
  ClientKeys::use(socket_, endpoint, keys);
  events::connect(socket_, endpoint);
}

// Nothing may be told any more once nobody is there to hear it: ZeroMQ's thread would wait.
Connection::Link::~Link() { zmq_socket_monitor(socket_.handle(), nullptr, 0); }

bool Connection::Link::has_arrived() {
  return (uninterrupted([this] { return socket_.get(zmq::sockopt::events); }) & ZMQ_POLLIN) != 0;
}

Connection::State Connection::Link::after(State state, Admission& admission, size_t turns) {
  while (const auto what = admission.take(told_, turns))
    state = *what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? State::up : State::lost;
  return state;
}

bool Connection::Link::wait(milliseconds at_most) try {
  zmq::pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0}, {told_.handle(), 0, ZMQ_POLLIN, 0}};
  zmq::poll(items, std::size(items), at_most);
  return true;
} catch (const zmq::error_t& error) {
  if (error.num() != EINTR) throw;
  return false;
}

Connection::Connection(zmq::context_t& context, const std::string& endpoint, size_t open,
                       std::optional<ClientKeys> keys)
    : context_(context),
      endpoints_(parted(endpoint)),
      open_(open),
      keys_(std::move(keys)),
      admissions_(endpoints_.size()),
      attempt_(first_attempt) {
  renew();
}

void Connection::renew() {
  link_.emplace(context_, endpoints_[present_], open_, keys_);
  state_ = State::connecting;
  begun_ = Clock::now();
  pause_ = attempt_;
  attempt_ = std::min(2 * attempt_, longest_attempt);
}

Connection::Clock::time_point Connection::attempt_ends() const {
  return begun_ + (state_ == State::connecting ? longest_attempt : pause_);
}

void Connection::renew_elsewhere() {
  present_ = (present_ + 1) % endpoints_.size();
  renew();
}

void Connection::move_to(const std::string& endpoint) {
  const auto found = std::find(endpoints_.begin(), endpoints_.end(), endpoint);
  present_ = static_cast<size_t>(found - endpoints_.begin());
  if (found == endpoints_.end()) endpoints_.push_back(endpoint);
  admissions_.resize(endpoints_.size());
  renew();
}

void Connection::check_admission() const {
  for (size_t i = 0; i < endpoints_.size(); ++i) admissions_[i].check(endpoints_[i]);
}

Connection::Came Connection::wait(milliseconds at_most) {
  const auto until = Clock::now() + at_most;
  for (;;) {
    if (const auto came = look(); came != Came::nothing) return came;
    const auto now = Clock::now();
    if (now >= until) return Came::nothing;
    const auto next = is_up() ? until : std::min(until, attempt_ends());
    if (!link_->wait(std::max(std::chrono::ceil<milliseconds>(next - now), milliseconds(0)))) return Came::nothing;
  }
}

Connection::Came Connection::look() {
  if (state_ != State::connecting && link_->has_arrived()) return Came::answer;
  const State before = std::exchange(state_, link_->after(state_, admissions_[present_], endpoints_.size()));
  if (before == State::connecting && is_up()) admissions_.assign(endpoints_.size(), {});
  if (before == State::connecting && is_up()) return Came::connection;
  // The last of it may have arrived between the two looks.
  if (before == State::up && !is_up() && link_->has_arrived()) return Came::answer;
  if (!is_up() && Clock::now() >= attempt_ends()) renew_elsewhere();
  return Came::nothing;
}

void Connection::send(std::initializer_list<std::string_view> frames) {
  if (!is_up()) return;
  for (const auto& frame : frames) {
    const bool is_last = &frame == frames.end() - 1;
    const auto flags = is_last ? zmq::send_flags::dontwait : zmq::send_flags::dontwait | zmq::send_flags::sndmore;
    // So much is not read any more that it counts as lost: what is behind must not go without this one.
    if (!uninterrupted([&] { return link_->socket().send(zmq::buffer(frame), flags); })) return renew();
  }
}

std::vector<zmq::message_t> Connection::receive() {
  attempt_ = first_attempt;
  std::vector<zmq::message_t> frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!uninterrupted([&] { return link_->socket().recv(frame, zmq::recv_flags::dontwait); })) break;
    more = frame.more();
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace catlog::events
