#include "bin/cli/moment.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/text/datetime.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/rebuild/rebuild.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;
using events::Position;

namespace {

constexpr size_t date_length = std::string_view("2026-11-01").size();
constexpr size_t zone_length = std::string_view("+02:00").size();
constexpr size_t minutes_length = std::string_view("T15:04").size();

// What stands behind the date: a time of day and a zone, each of which may be missing.
std::string completed(std::string_view date, std::string_view rest) {
  std::string_view zone = "Z";
  if (rest.ends_with('Z') || rest.ends_with('z')) {
    rest.remove_suffix(1);
  } else if (rest.size() >= zone_length && std::string_view("+-").contains(rest[rest.size() - zone_length])) {
    zone = rest.substr(rest.size() - zone_length);
    rest.remove_suffix(zone_length);
  }
  if (rest.empty()) rest = "T00:00:00";
  return fmt::format("{}{}{}{}", date, rest, rest.size() == minutes_length ? ":00" : "", zone);
}

std::optional<int64_t> read_time(std::string_view text) {
  const auto date = text.substr(0, date_length);
  if (!events::is_date(date)) return {};
  return events::parse_rfc3339(completed(date, text.substr(date_length)));
}

std::optional<Position> read_position(const std::string& text) {
  Position position = 0;
  const char* end = text.data() + text.size();
  const auto [read_to, error] = std::from_chars(text.data(), end, position);
  if (error != std::errc() || read_to != end) return {};
  return position;
}

bool is_to_come(const Moment& moment, Position at_or_before, Position head) {
  return moment.position ? *moment.position > head : at_or_before == head && moment.time_us > events::now_us();
}

void tell_to_come(const Moment& moment, Position head) {
  tell("{} is still to come; the log ends at position {} now\n", moment.text, head);
}

}  // namespace

Moment moment_named(const std::string& text) {
  if (const auto position = read_position(text)) return {position, 0, text};
  if (const auto time = read_time(text)) return {{}, *time, text};
  throw Failure(
      Exit::usage,
      fmt::format("{} is no position, no date such as 2026-11-01, and no time such as 2026-11-01T15:04:05Z", text));
}

int64_t time_named(const std::string& text) {
  const auto time = read_time(text);
  if (!time) throw Failure(Exit::usage, fmt::format("{} is no time such as 2026-11-01T15:04:05Z, and no date", text));
  return *time;
}

void refuse_to_come(const Moment& moment) {
  if (!moment.position && moment.time_us > events::now_us())
    throw Failure(Exit::usage, fmt::format("{} is still to come", moment.text));
}

Position first_from(const store::Log& log, const std::string& text) {
  const Moment moment = moment_named(text);
  const Position before = moment.position ? 0 : projector::position_as_of(log, moment.time_us - 1);
  const Position head = log.head();
  if (is_to_come(moment, before, head)) tell_to_come(moment, head);
  return moment.position.value_or(before + 1);
}

Position last_until(const store::Log& log, const std::string& text) {
  const Moment moment = moment_named(text);
  const Position last = moment.position ? *moment.position : projector::position_as_of(log, moment.time_us);
  const Position head = log.head();
  if (is_to_come(moment, last, head)) tell_to_come(moment, head);
  return last;
}

void refuse_backwards(const std::string& first, const std::string& last) {
  if (first.empty() || last.empty()) return;
  const Moment from = moment_named(first), to = moment_named(last);
  if (from.position.has_value() != to.position.has_value()) return;
  if (from.position ? *from.position > *to.position : from.time_us > to.time_us)
    throw Failure(Exit::usage, fmt::format("nothing is from {} to {}: the end is before the beginning", first, last));
}

Position position_as_of(const store::Log& log, const std::string& as_of) {
  const Moment moment = moment_named(as_of);
  const Position position = moment.position ? *moment.position : projector::position_as_of(log, moment.time_us);
  const Position head = log.head();
  if (is_to_come(moment, position, head))
    throw Failure(Exit::usage, fmt::format("{} is still to come; the log ends at position {} now", as_of, head));
  const Position end = projector::command_end_before(log, position);
  if (end != position) tell("position {} is within a command: as of position {}, before that command\n", position, end);
  return end;
}

std::optional<Position> position_if_given(const store::Log& log, const std::string& as_of) {
  if (as_of.empty()) return {};
  return position_as_of(log, as_of);
}

}  // namespace catlog::cli
