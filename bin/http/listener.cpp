#include "bin/http/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "events/bus/limits.h"
#include "events/error.h"

namespace catlog::http {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr int waiting_to_be_accepted = 1'024;

[[noreturn]] void cannot_listen(const std::string& where) {
  throw Failure(Exit::failure, fmt::format("cannot listen on {}: {}", where, std::strerror(errno)));
}

const sockaddr* general(const auto& address) { return reinterpret_cast<const sockaddr*>(&address); }

sockaddr_un address_of(const fs::path& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, file.c_str(), file.native().size());  // parse_endpoint looked at its length
  return address;
}

bool somebody_listens(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool is_taken = fd >= 0 && (::connect(fd, general(address), sizeof address) == 0 || errno == EAGAIN);
  if (fd >= 0) ::close(fd);
  return is_taken;
}

}  // namespace

Endpoint parse_endpoint(const std::string& text) {
  Endpoint endpoint{.text = text, .file = {}};
  const std::string_view given = text;
  for (const std::string_view kind : {"ipc://", "unix:"}) {
    if (!given.starts_with(kind)) continue;
    const std::string_view path = given.substr(kind.size());
    if (path.empty() || path.front() == '@' || path.size() > events::max_ipc_path_bytes)
      throw Failure(Exit::usage, fmt::format("the endpoint {} must name a file, by at most {} bytes", text,
                                             events::max_ipc_path_bytes));
    endpoint.file = fs::path(path);
    return endpoint;
  }
  for (const std::string_view host : {"tcp://127.0.0.1:", "tcp://localhost:", "tcp://[::1]:"}) {
    if (!given.starts_with(host)) continue;
    const std::string_view port = given.substr(host.size());
    const char* const end = port.data() + port.size();
    const auto [at, fault] = std::from_chars(port.data(), end, endpoint.port);
    if (fault == std::errc() && at == end && !port.empty()) {
      endpoint.family = host.find('[') == host.npos ? Endpoint::Family::v4 : Endpoint::Family::v6;
      return endpoint;
    }
  }
  throw Failure(Exit::usage,
                fmt::format("the endpoint {} must be tcp://127.0.0.1:PORT, tcp://[::1]:PORT, ipc://PATH or "
                            "unix:PATH: it is for this machine only",
                            text));
}

Listener::Listener(const Endpoint& endpoint) {
  const int family = endpoint.file ? AF_UNIX : endpoint.family == Endpoint::Family::v4 ? AF_INET : AF_INET6;
  fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) cannot_listen(endpoint.text);
  try {
    if (endpoint.file)
      bind_file(*endpoint.file);
    else
      bind_port(endpoint);
    if (::listen(fd_, waiting_to_be_accepted) != 0) cannot_listen(endpoint.text);
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Listener::~Listener() {
  if (file_) ::unlink(file_->c_str());
  ::close(fd_);
}

void Listener::bind_file(const fs::path& file) {
  const sockaddr_un address = address_of(file);
  if (somebody_listens(address))
    throw Failure(Exit::held, fmt::format("another process listens on {}: stop it, or choose another --http-endpoint",
                                          file.string()));
  struct stat found {};
  if (::lstat(file.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(file.c_str());
  if (::bind(fd_, general(address), sizeof address) != 0) cannot_listen(file.string());
  file_ = file;
  address_ = "unix:" + file.string();
}

void Listener::bind_port(const Endpoint& endpoint) {
  const int yes = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const bool is_v4 = endpoint.family == Endpoint::Family::v4;
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v4.sin_port = htons(endpoint.port);
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  v6.sin6_port = htons(endpoint.port);
  socklen_t length = is_v4 ? sizeof v4 : sizeof v6;
  if (::bind(fd_, is_v4 ? general(v4) : general(v6), length) != 0) cannot_listen(endpoint.text);
  sockaddr_in6 bound{};  // large enough for either, and the port stands at the same place
  length = sizeof bound;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length) != 0) cannot_listen(endpoint.text);
  address_ = fmt::format("http://{}:{}", is_v4 ? "127.0.0.1" : "[::1]", ntohs(bound.sin6_port));
}

}  // namespace catlog::http
