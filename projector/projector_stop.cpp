#include "projector/projector_stop.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "events/datetime.h"
#include "events/json_text.h"
#include "store/durable_file.h"
#include "store/log.h"

namespace catlog::projector {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;

namespace {

constexpr size_t max_note_bytes = 64 * 1024;
constexpr mode_t note_mode = 0644;  // for whoever may ask for the status

fs::path note_in(const fs::path& run_directory) { return run_directory / "projector-status.json"; }

std::string members_of(const ProjectorStop& stop) {
  std::string text =
      fmt::format(R"("stoppedAt":{},"reason":)", stop.position == 0 ? "null" : fmt::format("{}", stop.position));
  events::write_json_text(stop.reason, text);
  return text +
         fmt::format(R"(,"since":"{}","exitCode":{})", events::to_rfc3339(stop.since_us), static_cast<int>(stop.code));
}

}  // namespace

std::string to_text(const ProjectorStop& stop) {
  if (stop.position == 0) return fmt::format("the projector stands still: {}", stop.reason);
  return fmt::format(
      "the projector stands still: the event at position {0} cannot be applied: {1}; ops/RUNBOOK.md, "
      "\"An event that cannot be applied\" (`catlog quarantine {0} --why ..` leaves it out)",
      stop.position, stop.reason);
}

std::string to_json(const ProjectorStop& stop) { return '{' + members_of(stop) + '}'; }

void write_stop(const fs::path& run_directory, const std::string& log_id, const ProjectorStop& stop) {
  try {
    store::write_durably(note_in(run_directory), fmt::format("{{\"logId\":\"{}\",{}}}\n", log_id, members_of(stop)),
                         note_mode);
  } catch (const events::Failure&) {
  } catch (const store::StorageFull&) {
  }
}

void clear_stop(const fs::path& run_directory) {
  std::error_code ignored;
  fs::remove(note_in(run_directory), ignored);
}

std::optional<ProjectorStop> read_stop(const fs::path& run_directory, const std::string& log_id) {
  const auto text = store::read_own_file(note_in(run_directory), max_note_bytes);
  if (!text) return {};
  dom::parser parser;
  dom::element note, position;
  std::string_view id, reason, since;
  int64_t code = 0;
  if (parser.parse(*text).get(note) || note["logId"].get(id) || id != log_id || note["reason"].get(reason) ||
      note["since"].get(since) || note["stoppedAt"].get(position) || note["exitCode"].get(code))
    return {};
  ProjectorStop stop;
  stop.code = code == static_cast<int>(events::Exit::damaged) ? events::Exit::damaged : events::Exit::unapplied;
  if (!position.is_null() && position.get(stop.position)) return {};
  stop.reason = reason;
  stop.since_us = events::parse_rfc3339(since).value_or(0);
  return stop;
}

}  // namespace catlog::projector
