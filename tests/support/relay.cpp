#include "tests/support/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace catlog::tests {

namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Relay::Relay(uint16_t to_port) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(listener_, 1) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, to_port] { run(to_port); });
}

Relay::~Relay() {
  stop_.set();
  thread_.join();
  ::close(listener_);
}

std::string Relay::said_by_client() const {
  const std::lock_guard lock(mutex_);
  return said_;
}

void Relay::run(uint16_t to_port) {
  std::array<pollfd, 3> polled{{{stop_.fd(), POLLIN, 0}, {listener_, POLLIN, 0}, {-1, POLLIN, 0}}};
  ::poll(polled.data(), 2, -1);
  if (stop_.is_set()) return;
  const int client = ::accept(listener_, nullptr, nullptr), server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(to_port);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
  polled[1].fd = client;
  polled[2].fd = server;
  const auto pass = [](int from, int to, std::string& bytes) {
    std::array<char, 65'536> buffer{};
    const ssize_t count = ::read(from, buffer.data(), buffer.size());
    if (count <= 0) return false;
    bytes.assign(buffer.data(), static_cast<size_t>(count));
    return ::write(to, bytes.data(), bytes.size()) == count;
  };
  for (std::string bytes;;) {
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) break;
    if (polled[1].revents != 0) {
      if (!pass(client, server, bytes)) break;
      const std::lock_guard lock(mutex_);
      said_ += bytes;
    }
    if (polled[2].revents != 0 && !pass(server, client, bytes)) break;
  }
  ::close(client);
  ::close(server);
}

}  // namespace catlog::tests
