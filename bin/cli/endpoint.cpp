#include "bin/cli/endpoint.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include <fmt/format.h>

#include "events/bus.h"
#include "events/error.h"

namespace catlog::cli {
namespace {

constexpr std::string_view ipc = "ipc://";

// ZeroMQ would wait for a listener to appear; the socket itself answers at once.
bool is_listened_at(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());  // endpoint_in has seen to its length
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;  // we cannot tell; connecting will
  const bool refused = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                       (errno == ENOENT || errno == ECONNREFUSED);
  ::close(fd);
  return !refused;
}

}  // namespace

std::string live_endpoint(const Settings& settings, std::string_view name) {
  std::string endpoint = events::endpoint_in(settings.data, name);
  if (!is_listened_at(std::string_view(endpoint).substr(ipc.size())))
    throw events::Failure(events::Exit::unreachable,
                          fmt::format("no daemon runs on {}: start one with `catlogd --data {}`, or name another data "
                                      "directory with --data",
                                      settings.data.string(), settings.data.string()));
  return endpoint;
}

}  // namespace catlog::cli
