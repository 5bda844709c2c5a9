#include "projector/quarantine/standstill.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "store/files/durable_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;

namespace {

constexpr size_t max_note_bytes = 64 * 1024;
constexpr mode_t note_mode = store::shared_file;  // for whoever may ask for the status

fs::path note_in(const fs::path& run_directory) { return run_directory / "projector-status.json"; }

std::string members_of(const Standstill& standstill) {
  std::string text = fmt::format(R"("stoppedAt":{},"reason":)",
                                 standstill.position == 0 ? "null" : fmt::format("{}", standstill.position));
  events::write_json_text(standstill.reason, text);
  return text + fmt::format(R"(,"since":"{}","exitCode":{})", events::to_rfc3339(standstill.since_us),
                            static_cast<int>(standstill.code));
}

}  // namespace

std::string to_text(const Standstill& standstill) {
  if (standstill.position == 0) return fmt::format("the projector stands still: {}", standstill.reason);
  return fmt::format(
      "the projector stands still: the event at position {0} cannot be applied: {1}; ops/RUNBOOK.md, "
      "\"An event that cannot be applied\" (`catlog quarantine {0} --why ..` leaves it out)",
      standstill.position, standstill.reason);
}

std::string to_json(const Standstill& standstill) { return '{' + members_of(standstill) + '}'; }

void write_standstill(const fs::path& run_directory, const std::string& log_id, const Standstill& standstill) {
  try {
    store::write_durably(note_in(run_directory),
                         fmt::format("{{\"logId\":\"{}\",{}}}\n", log_id, members_of(standstill)), note_mode);
  } catch (const events::Failure&) {
  } catch (const events::StorageFull&) {
  }
}

void clear_standstill(const fs::path& run_directory) {
  std::error_code ignored;
  fs::remove(note_in(run_directory), ignored);
}

std::optional<Standstill> read_standstill(const fs::path& run_directory, const std::string& log_id) {
  const auto text = store::read_own_file(note_in(run_directory), max_note_bytes);
  if (!text) return {};
  dom::parser parser;
  dom::element note, position;
  std::string_view id, reason, since;
  int64_t code = 0;
  if (parser.parse(*text).get(note) || note["logId"].get(id) || id != log_id || note["reason"].get(reason) ||
      note["since"].get(since) || note["stoppedAt"].get(position) || note["exitCode"].get(code))
    return {};
  Standstill standstill;
  standstill.code = code == static_cast<int>(events::Exit::damaged) ? events::Exit::damaged : events::Exit::unapplied;
  if (!position.is_null() && position.get(standstill.position)) return {};
  standstill.reason = reason;
  standstill.since_us = events::parse_rfc3339(since).value_or(0);
  return standstill;
}

}  // namespace catlog::projector
