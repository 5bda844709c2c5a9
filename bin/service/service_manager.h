#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace catlog {

// What systemd is told of a service of Type=notify, as sd_notify(3) has it: a datagram each to the socket that it
// named. It never waits: where the socket is full for a moment, a status or a feeding is left to the next one, and what
// is said once is said by keep_up(). Threads: one at a time.
class ServiceManager {
 public:
  // By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; without the first, all that it does is nothing.
  ServiceManager();
  // For `socket`, a path or an abstract name (@...); without it, it does nothing.
  ServiceManager(std::string socket, std::optional<std::chrono::microseconds> watchdog);
  ServiceManager(const ServiceManager&) = delete;
  ~ServiceManager();

  void ready();
  void stopping();
  // A line for `systemctl status`; the same as before is not said again.
  void status(const std::string& words);
  // All goes well: no restart for another watchdog().
  void feed();
  void keep_up();

  // How long it waits to be fed; nothing: it does not.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
  // Whether it was said, or nobody is there to hear it.
  bool say(const std::string& lines);
  void say_once(const std::string& lines);

  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
  int fd_ = -1;
  std::string status_, unsaid_;
};

}  // namespace catlog
