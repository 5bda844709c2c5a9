#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "events/codec/receipt.h"
#include "events/counters.h"
#include "events/heartbeat.h"

namespace catlog::commandhandler {

// What the write side counts of its work; anybody may read it while it works (events/counters.h).

struct WriterCounters {
  events::Gauge position;      // of the last event that is in the log
  events::Gauge acknowledged;  // beside a leadership: of the last that is durable, which the log may lack yet
  events::Counter events;      // that were appended to the log
  events::Histogram commit_seconds{events::duration_bounds}, commit_events{events::count_bounds};
};

struct HandlerCounters {
  static constexpr size_t most_kinds = 256, most_codes = 64, verdicts = 3;
  // By the kind of command, as the schema numbers them (0: it could not be read), and by the receipt's verdict.
  std::array<std::array<events::Counter, verdicts>, most_kinds> commands;
  std::array<events::Counter, most_codes> refusals;  // by their code, as the schema numbers them
  events::Histogram batch_commands{events::count_bounds};
  events::Counter throttled;   // commands that were `busy` because their sender had sent too many bytes
  events::Gauge tail_events;   // that the stored state does not hold yet
  events::Gauge storage_full;  // 1: commands are refused for want of space
  events::Gauge clock_fault;   // 1: something is wrong with the clock
  events::Heartbeat heartbeat;

  void count(size_t kind, const events::Receipt& receipt) noexcept {
    if (kind < most_kinds) commands[kind][static_cast<size_t>(receipt.verdict)].add();
    const auto code = static_cast<size_t>(receipt.refusal.code);
    if (receipt.verdict == events::Receipt::Verdict::refused && code < most_codes) refusals[code].add();
  }
};

}  // namespace catlog::commandhandler
