#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "events/bus/bus.h"

namespace catlog::housekeeping {

// A command is waited for so long, and the next one at most so long after it.
constexpr int64_t longest_wait_us = 60'000'000, longest_pause_between_us = 1'000'000;

// What came of a command. elsewhere: another machine of a cluster writes, whose own housekeeping sends it; unanswered:
// nobody answered, or of a cluster nobody leads, which counts as a failure; stopped: the daemon stops.
enum class Verdict { accepted, unchanged, refused, elsewhere, unanswered, stopped };
struct Answer {
  Verdict verdict = Verdict::unanswered;
  uint64_t events = 0;  // accepted
  std::string words;    // refused, unanswered: why
};

// Sends commands as a service, which is named by the user agent of its actor.
class Commands {
 public:
  Commands() = default;
  Commands(const Commands&) = delete;
  virtual ~Commands() = default;
  // Sends one command (JSON: {"id":…,…}) and waits for its receipt.
  virtual Answer send(std::string_view command) = 0;
  // Why nothing may be sent that is reckoned from the time of day: the handler does not believe this machine's clock.
  // Empty: it does, or none judges here.
  virtual std::string clock_fault() = 0;
};

constexpr const char* service_name = "catlogd housekeeping";
// A command of this service: `content` is {"purgeAuditLogs":{…}}; `task` tells its events from others' as
// correlationId "housekeeping/<task>".
std::string command_of(std::string_view task, std::string_view content);

// Over the bus, as every producer. Between two commands it waits as long as the one before took, so that others have at
// least half of the handler's time.
//
// Lifetime: `stop` outlives it. Threads: one at a time.
class BusCommands : public Commands {
 public:
  BusCommands(std::string endpoint, events::DataDirectory data, const events::Stop& stop)
      : endpoint_(std::move(endpoint)), data_(std::move(data)), stop_(stop) {}
  Answer send(std::string_view command) override;
  std::string clock_fault() override;

 private:
  std::string endpoint_;
  events::DataDirectory data_;
  const events::Stop& stop_;
  int64_t took_us_ = 0;  // the last one
};

}  // namespace catlog::housekeeping
