#include "bin/http/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "events/bus/connections.h"

namespace catlog::http {

namespace {

constexpr int accepted_at_once = 16;
constexpr std::chrono::milliseconds pause_without_descriptor{100};
constexpr size_t others_polled = 2;  // beside connections: the stop and the listener

int until(Clock::time_point when, Clock::time_point now) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - now).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
}

}  // namespace

Server::Server(const Endpoint& endpoint, Answer answer, Limits limits)
    : limits_(limits), answer_(std::move(answer)), listener_(endpoint) {}

void Server::run(events::Stop& stop) {
  while (!stop.is_set()) wait(stop);
  connections_.clear();
}

// One round: waits for what comes first, and serves it.
void Server::wait(const events::Stop& stop) {
  now_ = Clock::now();
  const bool accepts = now_ >= accepts_from_;
  std::vector<pollfd> waits{{stop.fd(), POLLIN, 0}, {accepts ? listener_.fd() : -1, POLLIN, 0}};
  int timeout = accepts ? -1 : until(accepts_from_, now_);
  for (const auto& each : connections_) {
    waits.push_back({each->fd(), each->awaited(), 0});
    const int left = until(std::min(each->deadline(), each->goes_on_at()), now_);
    timeout = timeout < 0 ? left : std::min(timeout, left);
  }
  if (::poll(waits.data(), waits.size(), timeout) < 0) return;
  now_ = Clock::now();
  for (size_t at = 0; at < connections_.size(); ++at) serve(*connections_[at], waits[at + others_polled].revents);
  std::erase_if(connections_, [](const auto& each) { return each->is_over(); });
  if (waits[1].revents != 0) accept_some();
  counters_.open.set(connections_.size());
}

void Server::serve(Connection& connection, short came) {
  if (came != 0 || connection.goes_on_at() <= now_) {
    connection.go_on(came, now_);
    const size_t hundreds = connection.answered() / 100;
    if (hundreds > 0 && hundreds < counters_.answers.size()) counters_.answers[hundreds].add();
  }
  if (connection.is_over() || now_ < connection.deadline()) return;
  counters_.timed_out.add();
  connection.give_up();
}

void Server::accept_some() {
  for (int count = 0; count < accepted_at_once; ++count) {
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      admit(fd);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    // The peer goes on waiting, and poll() would tell of it without end.
    if (errno != EAGAIN) accepts_from_ = now_ + pause_without_descriptor;
    return;
  }
}

void Server::admit(int fd) {
  const size_t most = events::leaves_reserve(fd) ? limits_.connections : limits_.connections_in_reserve;
  if (!make_room(most)) {
    counters_.turned_away.add();
    ::close(fd);
    return;
  }
  counters_.accepted.add();
  connections_.push_back(std::make_unique<Connection>(fd, limits_.time, answer_, now_));
}

// Whether there are fewer connections than that, after those were closed that have waited longest.
bool Server::make_room(size_t most) {
  while (connections_.size() >= most) {
    auto longest = connections_.end();
    for (auto each = connections_.begin(); each != connections_.end(); ++each)
      if ((*each)->gives_way(now_) &&
          (longest == connections_.end() || (*each)->waits_since() < (*longest)->waits_since()))
        longest = each;
    if (longest == connections_.end()) return false;
    connections_.erase(longest);
    counters_.closed_for_others.add();
  }
  return true;
}

}  // namespace catlog::http
