#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "events/error.h"
#include "events/position.h"

namespace catlog::projector {

using events::Position;

// Where and why the projector stands still. A note of it is run/projector-status.json, which outlives the process.
struct Standstill {
  events::Exit code = events::Exit::unapplied;  // damaged: the list of quarantined events cannot be used
  Position position = 0;                        // of the event that it cannot apply; 0: it is no event's fault
  std::string reason;                           // one line, without values of the event
  int64_t since_us = 0;
};

// What happened and what to do, for a log and for people.
std::string to_text(const Standstill& standstill);
// `{"stoppedAt":5,"reason":"..","since":"..","exitCode":7}`; stoppedAt is null for 0.
std::string to_json(const Standstill& standstill);

// Takes the old note's place, whole. When the disk is full the old one stays: the projector stands still all the same.
void write_standstill(const std::filesystem::path& run_directory, const std::string& log_id,
                      const Standstill& standstill);
void clear_standstill(const std::filesystem::path& run_directory);
// Nothing when there is no note, it is not whole, or of another log.
std::optional<Standstill> read_standstill(const std::filesystem::path& run_directory, const std::string& log_id);

}  // namespace catlog::projector
