#include "bin/cli/endpoint.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <thread>

#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/keys/key_file.h"
#include "bin/roles.h"
#include "events/bus/bus.h"
#include "events/error.h"
#include "events/patience.h"
#include "store/files/file_lock.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;

constexpr std::string_view ipc = "ipc://";

// ZeroMQ would wait for a listener to appear; the socket itself answers at once. Throws Failure(failure) where this
// user may not connect, for which ZeroMQ would wait in vain.
bool is_listened_at(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());  // endpoint_in has seen to its length
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;  // we cannot tell; connecting will
  const int error = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  if (error == EACCES)
    throw Failure(Exit::failure,
                  fmt::format("you may not connect to {}: join the group that catlogd's --group names, and "
                              "that of --audit-group, and log in again (ops/RUNBOOK.md, \"Who may what\")",
                              path));
  return error != ENOENT && error != ENOTDIR && error != ECONNREFUSED;
}

// A daemon that was away, or has just begun.
bool comes_back(const Settings& settings, std::string_view path) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds look_every{20};
  tell("nobody listens on {}; waiting {} s for catlogd\n", settings.data.root.string(),
       std::chrono::duration_cast<std::chrono::seconds>(Wait::until_it_is_there).count());
  for (const auto until = Clock::now() + Wait::until_it_is_there; Clock::now() < until;) {
    std::this_thread::sleep_for(look_every);
    if (is_listened_at(path)) return true;
  }
  return false;
}

}  // namespace

void Wait::add_option(Syntax syntax) {
  syntax.option("--wait-s", seconds, about).between(1, longest);
  syntax
      .option("--key-file", key_file,
              "The file of your key, which `catlog bus-keys new` made, for an endpoint where the daemon asks for one")
      .or_variable("CATLOG_KEY_FILE");
  syntax.option("--server-key", server_key, "The daemon's public key, in place of the one in that file")
      .or_variable("CATLOG_SERVER_KEY");
}

std::optional<events::ClientKeys> Wait::keys(const std::string& endpoint) const {
  return keys::client_keys(key_file, server_key, endpoint);
}

std::chrono::milliseconds Wait::limit() const {
  return seconds ? std::chrono::milliseconds(std::chrono::seconds(*seconds)) : events::patience;
}

std::string Wait::endpoint(const Settings& settings, std::string_view name, const std::string& given) const {
  if (!given.empty()) return given;
  std::string endpoint = events::endpoint_in(settings.data, name);
  const auto path = std::string_view(endpoint).substr(ipc.size());
  if (seconds || is_listened_at(path)) return endpoint;
  const auto role =
      std::find_if(std::begin(all_roles), std::end(all_roles), [&](const Role& one) { return name == one.socket; });
  CATLOG_CHECK(role != std::end(all_roles));
  const auto lock = settings.data.lock(role->name);
  if (std::filesystem::exists(lock) && comes_back(settings, path)) return endpoint;
  if (const auto process = store::FileLock::holder(lock))
    throw Failure(
        Exit::unreachable,
        fmt::format("catlogd runs on {}{}, but does not listen at {}: when it is still starting, wait; when the file "
                    "was removed, restart catlogd",
                    settings.data.root.string(), process->empty() ? "" : fmt::format(" (process {})", *process), path));
  throw Failure(Exit::unreachable,
                fmt::format("no daemon runs on {}: {}", settings.data.root.string(), advice_to_start(settings)));
}

}  // namespace catlog::cli
