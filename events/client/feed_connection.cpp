#include "events/client/feed_connection.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/error.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds until_next_attempt{250};  // where it was not let in
// Fewer may be a daemon that was started anew; before this one knows whom it follows, nothing comes either.
constexpr int many_cuts = 5;

}  // namespace

FeedConnection::FeedConnection(zmq::context_t& context, std::string endpoint, std::vector<std::string> subscriptions,
                               milliseconds silent_at_most, milliseconds quiet_at_most, std::optional<ClientKeys> keys)
    : context_(context),
      endpoint_(std::move(endpoint)),
      subscriptions_(std::move(subscriptions)),
      keys_(std::move(keys)),
      silence_(silent_at_most),
      quiet_(quiet_at_most) {
  make();
}

FeedConnection::~FeedConnection() { end(); }

void FeedConnection::make() {
  socket_ = zmq::socket_t(context_, zmq::socket_type::sub);
  told_ = zmq::socket_t(context_, zmq::socket_type::pair);
  const std::string name = "inproc://feed-" + to_string(new_uuid());
  CATLOG_CHECK(zmq_socket_monitor(socket_.handle(), name.c_str(), Admission::events | ZMQ_EVENT_DISCONNECTED) == 0);
  told_.connect(name);
  ClientKeys::use(socket_, endpoint_, keys_);
  connect(socket_, endpoint_);
  for (const auto& subscription : subscriptions_) socket_.set(zmq::sockopt::subscribe, subscription);
  made_at_ = Clock::now();
  silence_.begin();
}

// Nothing may be told any more once nobody is there to hear it: ZeroMQ's thread would wait.
void FeedConnection::end() {
  if (socket_) zmq_socket_monitor(socket_.handle(), nullptr, 0);
}

bool FeedConnection::has_message() { return (socket_.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0; }

FeedConnection::Came FeedConnection::wait(Clock::time_point until) {
  for (;;) {
    take_told();
    if (has_message()) return Came::message;
    silence_.look();
    quiet_.look();
    admission_.check(endpoint_);
    if (quiet_.is_too_long()) check_cuts();
    const auto now = Clock::now();
    const auto next_attempt = admission_.is_refused() ? made_at_ + until_next_attempt : Clock::time_point::max();
    if (silence_.is_too_long() || now >= next_attempt) {
      end();
      make();
      return Came::silence;
    }
    if (now >= until) return Came::nothing;
    const auto left = std::chrono::ceil<milliseconds>(std::min(until, next_attempt) - now);
    zmq::pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0}, {told_.handle(), 0, ZMQ_POLLIN, 0}};
    try {
      zmq::poll(items, std::size(items), std::min({left, silence_.step(), milliseconds(1'000)}));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
      return Came::nothing;
    }
  }
}

void FeedConnection::take_told() {
  while (const auto what = admission_.take(told_))
    if (*what == ZMQ_EVENT_DISCONNECTED) ++cuts_;
}

void FeedConnection::check_cuts() const {
  if (cuts_ < many_cuts) return;
  throw Failure(
      Exit::unreachable,
      fmt::format("{} has sent nothing for {} s and cut off {} connections: the daemon's limits for those who "
                  "follow are reached (events/PROTOCOL.md, \"Limits\"), or it is started again and again",
                  endpoint_, static_cast<double>(quiet_.limit().count()) / 1e3, cuts_));
}

std::vector<zmq::message_t> FeedConnection::receive() {
  silence_.begin();
  quiet_.begin();
  cuts_ = 0;
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
