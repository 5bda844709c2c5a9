#include "tests/support/http_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace catlog::tests {

namespace {

constexpr std::chrono::milliseconds longest_silence{120'000};

int connected(int family, const sockaddr* address, socklen_t length) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && ::connect(fd, address, length) == 0) return fd;
  const int error = errno;
  ::close(fd);
  throw std::runtime_error(std::string("nobody answers: ") + std::strerror(error));
}

int connect_file(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// Where the host is no IPv4 address it is 127.0.0.1.
int connect_port(const std::string& host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connected(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

bool can_read(int fd, std::chrono::milliseconds within) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(within.count())) > 0;
}

// Of a field with this name and a number; 0: there is none.
size_t number_of(const std::string& header, std::string_view name) {
  const size_t at = header.find(name);
  return at == header.npos ? 0 : std::stoul(header.substr(at + name.size()));
}

}  // namespace

HttpPeer::HttpPeer(const std::string& address) {
  constexpr std::string_view file = "unix:";
  if (address.starts_with(file)) {
    fd_ = connect_file(address.substr(file.size()));
    return;
  }
  const size_t colon = address.rfind(':'), slash = address.rfind('/', colon);
  const size_t host = slash == address.npos ? 0 : slash + 1;
  fd_ = connect_port(address.substr(host, colon - host), static_cast<uint16_t>(std::stoul(address.substr(colon + 1))));
}

HttpPeer::HttpPeer(HttpPeer&& from) noexcept : fd_(std::exchange(from.fd_, -1)), heard_(std::move(from.heard_)) {}

HttpPeer::~HttpPeer() {
  if (fd_ >= 0) ::close(fd_);
}

bool HttpPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void HttpPeer::finish() { ::shutdown(fd_, SHUT_WR); }

bool HttpPeer::hear_more() {
  if (!can_read(fd_, longest_silence)) return false;
  std::array<char, 65'536> bytes;
  const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  heard_.append(bytes.data(), static_cast<size_t>(count));
  return true;
}

HttpPeer::Answer HttpPeer::hear_header() {
  size_t end = 0;
  while ((end = heard_.find("\r\n\r\n")) == heard_.npos)
    if (!hear_more()) return {};
  Answer answer{0, heard_.substr(0, end + 2), ""};
  heard_.erase(0, end + 4);
  answer.status = static_cast<int>(number_of(answer.header, "HTTP/1.1 "));
  return answer;
}

HttpPeer::Answer HttpPeer::hear() {
  Answer answer = hear_header();
  const size_t length = number_of(answer.header, "Content-Length: ");
  while (heard_.size() < length)
    if (!hear_more()) return {};
  answer.body = heard_.substr(0, length);
  heard_.erase(0, length);
  return answer;
}

HttpPeer::Answer HttpPeer::get(std::string_view path, std::string_view host) {
  send("GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
  return hear();
}

bool HttpPeer::is_closed(std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  for (auto now = until - within; now <= until; now = std::chrono::steady_clock::now()) {
    if (!can_read(fd_, std::chrono::ceil<std::chrono::milliseconds>(until - now))) return false;
    std::array<char, 4'096> bytes;
    if (::recv(fd_, bytes.data(), bytes.size(), 0) <= 0) return true;
  }
  return false;
}

}  // namespace catlog::tests
