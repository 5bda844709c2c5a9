#pragma once
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

namespace catlog::tests {

// What systemd has for a service of Type=notify: a socket of datagrams, by a path or an abstract name (@...).
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)), file_(name[0] == '@' ? "" : name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) != 0) throw std::runtime_error("bind");
  }
  NotifySocket(const NotifySocket&) = delete;
  ~NotifySocket() {
    ::close(fd_);
    if (!file_.empty()) ::unlink(file_.c_str());
  }
  // The next datagram; empty: none came within this time.
  std::string hear(std::chrono::milliseconds within = std::chrono::seconds(30)) const {
    pollfd wanted{fd_, POLLIN, 0};
    if (::poll(&wanted, 1, static_cast<int>(within.count())) <= 0) return "";
    std::array<char, 65'536> bytes;
    const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    return {bytes.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))};
  }

 private:
  int fd_;
  std::string file_;
};

}  // namespace catlog::tests
