#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "store/log.h"

namespace catlog::cli {

// A moment of the log as a command line names it: a number is a position, anything else a time.
struct Moment {
  std::optional<events::Position> position;
  int64_t time_us = 0;  // UTC, where there is no position
  std::string text;     // as it was given
};

// Reads RFC 3339, and what is less than that: a date is the beginning of that day, a time may lack its seconds, and
// what names no zone (Z, +02:00) is UTC, as everything that we print. Throws Failure(usage) for anything else.
Moment moment_named(const std::string& text);
// The same for what can be no position. In microseconds UTC.
int64_t time_named(const std::string& text);
// Throws Failure(usage) for a time that is still to come.
void refuse_to_come(const Moment& moment);

// The ends of a range: the first event at or after a moment, the last one at or before it. What is still to come is
// told on stderr, and is behind the log's end.
events::Position first_from(const store::Log& log, const std::string& text);
events::Position last_until(const store::Log& log, const std::string& text);
// Throws Failure(usage) for a range that ends before it begins: positions, or times. Empty: it is open there.
void refuse_backwards(const std::string& first, const std::string& last);

// The position that `--as-of` names: the last end of a command at or before it. Going back to it from within a command
// is told on stderr. Throws Failure(usage) for a position and for a time that are still to come: the answer would be
// another one tomorrow.
events::Position position_as_of(const store::Log& log, const std::string& as_of);
// The same; nothing for an option that is not given.
std::optional<events::Position> position_if_given(const store::Log& log, const std::string& as_of);

}  // namespace catlog::cli
