#include "bin/nodes/peers.h"

#include <fmt/format.h>

#include <algorithm>

#include "events/bus/bus.h"
#include "events/bus/limits.h"

namespace catlog::nodes {
namespace {

constexpr int most_unanswered = 8;  // then the connection is made anew
constexpr int requests_queued = 16;

std::string text_of(const zmq::message_t& frame) { return {static_cast<const char*>(frame.data()), frame.size()}; }

}  // namespace

Peers::Peers(zmq::context_t& context, std::vector<Address> others, const events::ClientKeys& keys)
    : context_(context), keys_(keys) {
  for (auto& address : others) peers_.push_back({std::move(address), {}, false, 0});
}

void Peers::send(Peer& peer, const std::string& request) {
  if (!peer.socket) {
    zmq::socket_t socket(context_, zmq::socket_type::dealer);
    events::ClientKeys::use(socket, peer.address.endpoint, keys_);
    socket.set(zmq::sockopt::sndhwm, requests_queued);
    events::connect(socket, peer.address.endpoint);
    peer.socket = std::move(socket);
  }
  events::send_frame(*peer.socket, fmt::format("{}", serial_), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  events::send_frame(*peer.socket, events::encoding_frame(events::Encoding::json),
                     zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  events::send_frame(*peer.socket, request, zmq::send_flags::dontwait);
  peer.is_asked = true;
  ++peer.unanswered;
}

// Nothing: an answer to what was asked before, or none yet.
std::optional<Peers::Frames> Peers::receive(Peer& peer) const {
  Frames frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!peer.socket->recv(frame, zmq::recv_flags::dontwait)) return {};
    more = frame.more();
    frames.push_back(text_of(frame));
  }
  constexpr size_t before_answer = 2;  // tag and encoding
  if (frames.size() <= before_answer || frames[0] != fmt::format("{}", serial_)) return {};
  peer.unanswered = 0;
  peer.is_asked = false;
  frames.erase(frames.begin(), frames.begin() + before_answer);
  return frames;
}

void Peers::ask_all(const std::string& request, std::chrono::milliseconds within, const Take& take) {
  ++serial_;
  for (auto& peer : peers_) send(peer, request);
  collect(within, take);
}

std::optional<Peers::Frames> Peers::ask(size_t peer, const std::string& request, std::chrono::milliseconds within) {
  ++serial_;
  send(peers_.at(peer), request);
  std::optional<Frames> answered;
  collect(within, [&](size_t, Frames answer) {
    answered = std::move(answer);
    return false;
  });
  return answered;
}

void Peers::collect(std::chrono::milliseconds within, const Take& take) {
  const auto until = std::chrono::steady_clock::now() + within;
  bool is_more_wanted = true;
  while (is_more_wanted && std::ranges::any_of(peers_, &Peer::is_asked)) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) {
      give_up();
      return;
    }
    std::vector<zmq::pollitem_t> items;
    std::vector<size_t> asked;
    for (size_t at = 0; at < peers_.size(); ++at) {
      if (!peers_[at].is_asked) continue;
      items.push_back({peers_[at].socket->handle(), 0, ZMQ_POLLIN, 0});
      asked.push_back(at);
    }
    try {
      zmq::poll(items, std::chrono::ceil<std::chrono::milliseconds>(until - now));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
    for (size_t at = 0; at < items.size() && is_more_wanted; ++at) {
      if ((items[at].revents & ZMQ_POLLIN) == 0) continue;
      if (auto answer = receive(peers_[asked[at]])) is_more_wanted = take(asked[at], std::move(*answer));
    }
  }
  for (auto& peer : peers_) {
    peer.is_asked = false;
    if (peer.unanswered >= most_unanswered) peer.socket.reset();
  }
}

// A connection that ZeroMQ gave up, because the other end let nobody in with this key, is tried again over another.
void Peers::give_up() {
  for (auto& peer : peers_) {
    if (!std::exchange(peer.is_asked, false)) continue;
    peer.socket.reset();
    peer.unanswered = 0;
  }
}

}  // namespace catlog::nodes
