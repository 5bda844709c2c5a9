#include "bin/housekeeping/sweeps.h"

#include <fmt/format.h>

#include "events/text/datetime.h"

namespace catlog::housekeeping {

namespace {

constexpr int64_t one_day_us = 24 * 3'600 * int64_t{1'000'000};

constexpr const char* not_here = "this machine does not write: the one that does has its own housekeeping";

// How far one sweep came.
struct Swept {
  End end = End::done;
  bool is_elsewhere = false;
  uint64_t events = 0;
  std::string words;  // failed: why
};

// Sends the same again and again, until nothing is left to be done.
Swept sweep(Commands& commands, std::string_view task, std::string_view content) {
  Swept swept;
  for (int sent = 0; sent < max_commands_per_run; ++sent) {
    const Answer answer = commands.send(command_of(task, content));
    switch (answer.verdict) {
      case Verdict::accepted:
        swept.events += answer.events;
        continue;
      case Verdict::unchanged:
        return swept;
      case Verdict::elsewhere:
        swept.is_elsewhere = true;
        return swept;
      case Verdict::stopped:
        return {End::stopped, false, swept.events, {}};
      case Verdict::refused:
      case Verdict::unanswered:
        return {End::failed, false, swept.events, answer.words};
    }
  }
  swept.end = End::unfinished;
  return swept;
}

}  // namespace

Outcome ExpireTokens::run(int64_t) {
  // Without a time it is the handler's own clock that says what has expired.
  const Swept swept = sweep(commands_, name(), R"({"expireRefreshTokens":{}})");
  if (swept.end == End::failed) return {swept.end, swept.words};
  if (swept.is_elsewhere) return {swept.end, not_here};
  return {swept.end, swept.events == 0 ? "no token had expired" : fmt::format("{} events", swept.events)};
}

Outcome PurgeAudit::run(int64_t now_us) {
  if (auto fault = commands_.clock_fault(); !fault.empty()) return {End::failed, std::move(fault)};
  Outcome outcome;
  for (const auto& [severity, days] : retentions_) {
    const std::string before = events::to_rfc3339(now_us - days * one_day_us);
    const Swept swept = sweep(
        commands_, name(), fmt::format(R"({{"purgeAuditLogs":{{"before":"{}","severity":"{}"}}}})", before, severity));
    if (swept.is_elsewhere) return {End::done, not_here};
    if (swept.end == End::stopped) return {End::stopped, {}};
    if (swept.end == End::failed) return {End::failed, fmt::format("{}: {}", severity, swept.words)};
    if (swept.end == End::unfinished) outcome.end = End::unfinished;
    if (swept.events > 0)
      outcome.words += fmt::format("{}{} rows of {}", outcome.words.empty() ? "" : ", ", swept.events, severity);
  }
  if (outcome.words.empty()) outcome.words = "no row was old enough";
  return outcome;
}

}  // namespace catlog::housekeeping
