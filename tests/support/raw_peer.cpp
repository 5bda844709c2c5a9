#include "tests/support/raw_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace catlog::tests {

namespace {

constexpr int longest_wait_ms = 60'000;

std::string length_of(std::string_view bytes, int count) {
  std::string length;
  for (int i = count - 1; i >= 0; --i) length += static_cast<char>(bytes.size() >> 8 * i & 0xff);
  return length;
}

int unix_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

sockaddr_un address_of(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.native().copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

}  // namespace

RawPeer::RawPeer(const std::filesystem::path& socket) : fd_(unix_socket()) {
  const sockaddr_un address = address_of(socket);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  ::close(fd_);
  throw std::runtime_error("nobody listens on " + socket.native());
}

RawPeer::RawPeer(uint16_t tcp_port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(tcp_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  ::close(fd_);
  throw std::runtime_error("nobody listens on the port");
}

RawPeer::RawPeer(RawPeer&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}

RawPeer& RawPeer::operator=(RawPeer&& from) noexcept {
  std::swap(fd_, from.fd_);
  return *this;
}

RawPeer::~RawPeer() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawPeer::greet(std::string_view type, const std::map<std::string, std::string>& properties) {
  std::string greeting = "\xff" + std::string(8, '\0') + "\x7f\x03";
  greeting += std::string(1, '\0') + "NULL";
  greeting.resize(64, '\0');
  std::string ready = "\x05READY";
  const auto say = [&](std::string_view name, std::string_view value) {
    ready += length_of(name, 1) + std::string(name) + length_of(value, 4) + std::string(value);
  };
  say("Socket-Type", type);
  for (const auto& [name, value] : properties) say(name, value);
  std::string heard;
  if (!send_bytes(greeting) || !hear(64, heard) || !send_bytes("\x04" + length_of(ready, 1) + ready)) return false;
  return hear(2, heard) && hear(static_cast<unsigned char>(heard[1]), heard);
}

bool RawPeer::send(std::string_view frame, Frame kind) {
  constexpr char is_long = 2;
  const auto flags = static_cast<char>(kind);
  const std::string head =
      frame.size() < 256 ? flags + length_of(frame, 1) : static_cast<char>(flags | is_long) + length_of(frame, 8);
  return send_bytes(head) && send_bytes(frame);
}

bool RawPeer::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd wanted{fd_, POLLOUT, 0};
    if (::poll(&wanted, 1, longest_wait_ms) <= 0) return false;
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void RawPeer::finish() { ::shutdown(fd_, SHUT_WR); }

std::string RawPeer::next_frame() {
  constexpr unsigned char is_long = 2;
  std::string heard;
  if (!hear(1, heard)) return {};
  if (!hear((static_cast<unsigned char>(heard[0]) & is_long) != 0 ? 8 : 1, heard)) return {};
  size_t length = 0;
  for (const char byte : heard) length = length << 8 | static_cast<unsigned char>(byte);
  return hear(length, heard) ? heard : std::string();
}

bool RawPeer::is_closed(std::chrono::milliseconds within) const {
  pollfd wanted{fd_, POLLRDHUP, 0};
  return ::poll(&wanted, 1, static_cast<int>(within.count())) > 0;
}

bool RawPeer::hear(size_t count, std::string& bytes) {
  bytes.resize(count);
  for (size_t had = 0; had < count;) {
    pollfd wanted{fd_, POLLIN, 0};
    if (::poll(&wanted, 1, longest_wait_ms) <= 0) return false;
    const ssize_t got = ::read(fd_, bytes.data() + had, count - had);
    if (got <= 0) return false;
    had += static_cast<size_t>(got);
  }
  return true;
}

RawListener::RawListener(const std::filesystem::path& socket) : fd_(unix_socket()) {
  const sockaddr_un address = address_of(socket);
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(fd_, 8) == 0) return;
  ::close(fd_);
  throw std::runtime_error("cannot listen on " + socket.native());
}

RawListener::~RawListener() { ::close(fd_); }

RawPeer RawListener::accept() {
  pollfd wanted{fd_, POLLIN, 0};
  if (::poll(&wanted, 1, longest_wait_ms) <= 0) throw std::runtime_error("nobody connects");
  return RawPeer(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
}

}  // namespace catlog::tests
