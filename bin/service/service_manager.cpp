#include "bin/service/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "events/text/printable.h"

namespace catlog {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets one
  return value ? value : "";
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || at != text.data() + text.size() || value == 0) return {};
  return value;
}

// A watchdog that waits for another process, as one that a shell around us has, is none of ours.
std::optional<std::chrono::microseconds> watchdog_of_environment() {
  const auto waits = number(variable("WATCHDOG_USEC"));
  const std::string process = variable("WATCHDOG_PID");
  if (!waits || (!process.empty() && number(process) != static_cast<uint64_t>(::getpid()))) return {};
  return std::chrono::microseconds(*waits);
}

}  // namespace

ServiceManager::ServiceManager() : ServiceManager(variable("NOTIFY_SOCKET"), watchdog_of_environment()) {}

ServiceManager::ServiceManager(std::string socket, std::optional<std::chrono::microseconds> watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {
  const bool is_name = socket_.size() > 1 && (socket_[0] == '/' || socket_[0] == '@');
  if (!is_name || socket_.size() >= sizeof sockaddr_un{}.sun_path) socket_.clear();
  if (socket_.empty()) watchdog_.reset();
  if (!socket_.empty()) fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) ::close(fd_);
}

void ServiceManager::ready() { say_once("READY=1\n"); }
void ServiceManager::stopping() { say_once("STOPPING=1\nSTATUS=stopping\n"); }
void ServiceManager::feed() { say("WATCHDOG=1\n"); }

void ServiceManager::status(const std::string& words) {
  if (words != status_ && say("STATUS=" + events::printable(words) + "\n")) status_ = words;
}

void ServiceManager::keep_up() {
  if (!unsaid_.empty()) say_once("");
}

void ServiceManager::say_once(const std::string& lines) {
  unsaid_ += lines;
  if (say(unsaid_)) unsaid_.clear();
}

bool ServiceManager::say(const std::string& lines) {
  if (fd_ < 0) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (::sendto(fd_, lines.data(), lines.size(), MSG_NOSIGNAL, to, length) >= 0) return true;
  return errno != EAGAIN && errno != ENOBUFS && errno != EINTR;
}

}  // namespace catlog
