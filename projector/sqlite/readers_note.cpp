#include "projector/sqlite/readers_note.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;

namespace {

constexpr size_t max_readers_note_bytes = 64 * 1024;
constexpr mode_t readers_note_mode = 0644;  // for whoever may ask for the status

fs::path readers_note_in(const fs::path& run_directory) { return run_directory / "projector-readers.json"; }

std::string members_of(const ReadersNote& note) {
  std::string text = note.process > 0
                         ? fmt::format(R"("process":{},"since":"{}")", note.process, events::to_rfc3339(note.since_us))
                         : R"("process":null,"since":null)";
  text += fmt::format(R"(,"filesKept":{},"words":)", note.files_kept);
  events::write_json_text(note.words, text);
  return text;
}

}  // namespace

std::string to_json(const ReadersNote& note) { return '{' + members_of(note) + '}'; }

bool write_readers_note(const fs::path& run_directory, const std::string& log_id, const ReadersNote& note) {
  try {
    store::write_durably(readers_note_in(run_directory),
                         fmt::format("{{\"logId\":\"{}\",{}}}\n", log_id, members_of(note)), readers_note_mode);
    return true;
  } catch (const events::Failure&) {
    return false;
  } catch (const events::StorageFull&) {
    return false;
  }
}

void clear_readers_note(const fs::path& run_directory) {
  std::error_code ignored;
  fs::remove(readers_note_in(run_directory), ignored);
}

std::optional<ReadersNote> read_readers_note(const fs::path& run_directory, const std::string& log_id) {
  const auto text = store::read_own_file(readers_note_in(run_directory), max_readers_note_bytes);
  if (!text) return {};
  dom::parser parser;
  dom::element json, process;
  std::string_view id, words, since;
  uint64_t files_kept = 0;
  if (parser.parse(*text).get(json) || json["logId"].get(id) || id != log_id || json["words"].get(words) ||
      json["process"].get(process) || json["filesKept"].get(files_kept))
    return {};
  ReadersNote note;
  if (int64_t number = 0; process.get(number) == simdjson::SUCCESS) note.process = static_cast<pid_t>(number);
  if (json["since"].get(since) == simdjson::SUCCESS) note.since_us = events::parse_rfc3339(since).value_or(0);
  note.files_kept = files_kept;
  note.words = words;
  return note;
}

}  // namespace catlog::projector
