#include "tests/support/torrents/tracker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/torrents/tracker_words.h"

namespace catlog::tests {

using Clock = std::chrono::steady_clock;

namespace {

constexpr size_t max_request = 64 << 10;

const sockaddr* plain(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }
sockaddr* plain(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

// A socket on a free port of 127.0.0.1.
int bound(int type) {
  const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::bind(fd, plain(address), sizeof address) != 0) throw std::runtime_error("a tracker has no socket");
  return fd;
}

uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, plain(address), &size);
  return ntohs(address.sin_port);
}

struct Visitor {
  int fd = -1;
  sockaddr_in from{};
  std::string heard, answer;
  size_t sent = 0;
  Clock::time_point not_before{};
};
struct Datagram {
  sockaddr_in to{};
  std::string bytes;
  Clock::time_point not_before{};
};

}  // namespace

struct Tracker::State {
  TrackerWords words;
  int datagrams = bound(SOCK_DGRAM), visits = bound(SOCK_STREAM), end = ::eventfd(0, EFD_CLOEXEC);
  std::vector<Visitor> visitors;
  std::vector<Datagram> late;
  std::jthread thread;

  void turn();
  void wait(std::vector<pollfd>& waits) const;
  void hear_datagrams();
  void send_late();
  void accept();
  void serve(Visitor& visitor);
};

Tracker::Tracker() : state_(std::make_unique<State>()) {
  ::listen(state_->visits, 64);
  const int room = 4 << 20;  // what comes at once is not lost
  ::setsockopt(state_->datagrams, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  state_->thread = std::jthread([state = state_.get()] { state->turn(); });
}

Tracker::~Tracker() {
  const uint64_t one = 1;
  if (::write(state_->end, &one, sizeof one) == sizeof one) state_->thread.join();
  for (const auto& visitor : state_->visitors) ::close(visitor.fd);
  for (const int fd : {state_->datagrams, state_->visits, state_->end}) ::close(fd);
}

std::string Tracker::udp() const {
  return "udp://127.0.0.1:" + std::to_string(port_of(state_->datagrams)) + "/announce";
}
std::string Tracker::http() const {
  return "http://127.0.0.1:" + std::to_string(port_of(state_->visits)) + "/announce";
}

void Tracker::set(const std::string& hash, Swarm swarm) { state_->words.set(hash, swarm); }
void Tracker::behave(Manner manner) { state_->words.behave(manner); }
Tracker::Swarm Tracker::announced(const std::string& hash) const { return state_->words.announced(hash); }
Tracker::Counts Tracker::counts() const { return state_->words.counts(); }

void Tracker::State::turn() {
  std::vector<pollfd> waits;
  for (;;) {
    wait(waits);
    if (waits[0].revents != 0) return;
    if (waits[1].revents != 0) hear_datagrams();
    send_late();
    for (auto& visitor : visitors) serve(visitor);
    std::erase_if(visitors, [](const Visitor& visitor) { return visitor.fd < 0; });
    if (waits[2].revents != 0) accept();
  }
}

void Tracker::State::wait(std::vector<pollfd>& waits) const {
  waits = {{end, POLLIN, 0}, {datagrams, POLLIN, 0}, {visits, POLLIN, 0}};
  bool is_late = !late.empty();
  for (const auto& visitor : visitors) {
    const bool is_held = !visitor.answer.empty() && visitor.not_before > Clock::now();
    is_late = is_late || is_held;
    waits.push_back({visitor.fd, static_cast<short>(is_held ? 0 : visitor.answer.empty() ? POLLIN : POLLOUT), 0});
  }
  ::poll(waits.data(), waits.size(), is_late ? 10 : 1'000);
}

void Tracker::State::hear_datagrams() {
  std::string bytes(max_request, '\0');
  for (;;) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t count = ::recvfrom(datagrams, bytes.data(), bytes.size(), 0, plain(from), &size);
    if (count < 0) return;
    const auto answer = words.answer_datagram({bytes.data(), static_cast<size_t>(count)}, ntohl(from.sin_addr.s_addr));
    if (answer) late.push_back({from, *answer, Clock::now() + words.delay_now()});
  }
}

void Tracker::State::send_late() {
  std::erase_if(late, [&](const Datagram& one) {
    if (one.not_before > Clock::now()) return false;
    ::sendto(datagrams, one.bytes.data(), one.bytes.size(), 0, plain(one.to), sizeof one.to);
    return true;
  });
}

void Tracker::State::accept() {
  Visitor visitor;
  socklen_t size = sizeof visitor.from;
  visitor.fd = ::accept4(visits, plain(visitor.from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (visitor.fd >= 0) visitors.push_back(std::move(visitor));
}

// Its request is read to the end of the header, answered, and the connection closed.
void Tracker::State::serve(Visitor& visitor) {
  if (visitor.answer.empty()) {
    char bytes[4'096];
    const ssize_t count = ::recv(visitor.fd, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0) visitor.heard.append(bytes, static_cast<size_t>(count));
    const bool is_whole = visitor.heard.find("\r\n\r\n") != std::string::npos;
    if (count > 0 && !is_whole && visitor.heard.size() < max_request) return;
    if (is_whole) visitor.answer = words.answer_request(visitor.heard, ntohl(visitor.from.sin_addr.s_addr));
    visitor.not_before = Clock::now() + words.delay_now();
    if (visitor.answer == TrackerWords::nothing) {  // the visitor waits
      visitor.heard.clear();
      visitor.answer.clear();
      if (is_whole) return;
    }
  }
  if (visitor.not_before > Clock::now()) return;
  while (visitor.sent < visitor.answer.size()) {
    const ssize_t count =
        ::send(visitor.fd, visitor.answer.data() + visitor.sent, visitor.answer.size() - visitor.sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) break;
    visitor.sent += static_cast<size_t>(count);
  }
  ::close(std::exchange(visitor.fd, -1));
}

}  // namespace catlog::tests
