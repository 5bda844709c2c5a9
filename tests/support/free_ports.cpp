#include "tests/support/free_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>

namespace catlog::tests {

std::string own_address() {
  const auto pid = static_cast<uint32_t>(::getpid());  // of 22 bits
  return fmt::format("127.{}.{}.{}", 128 + (pid >> 16), pid >> 8 & 255, pid & 255);
}

std::vector<int> free_ports(size_t count) {
  std::vector<int> sockets, ports;
  for (size_t port = 0; port < count; ++port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, own_address().c_str(), &address.sin_addr);
    socklen_t length = sizeof(address);
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(sockets.back(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::getsockname(sockets.back(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("no port is free");
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

}  // namespace catlog::tests
