#include "bin/cli/overview.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <simdjson.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/roles.h"
#include "commandhandler/time_note.h"
#include "events/digest.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "projector/sqlite/checkpoint.h"
#include "store/files/file_lock.h"
#include "store/files/own_file.h"

namespace catlog::cli {

namespace fs = std::filesystem;
using events::Position;

namespace {

constexpr size_t max_notes_bytes = 64 * 1024;

// The lock of a role is run/<role>.lock.
std::vector<HeldRole> held_roles(const fs::path& run) {
  std::vector<HeldRole> roles;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(run, none)) {
    if (entry.path().extension() != ".lock") continue;
    if (auto process = store::FileLock::holder(entry.path()))
      roles.push_back({entry.path().stem().string(), std::move(*process)});
  }
  std::sort(roles.begin(), roles.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return roles;
}

bool is_held(const Overview& overview, std::string_view role) {
  return std::any_of(overview.roles.begin(), overview.roles.end(), [&](const auto& held) { return held.name == role; });
}

// Whether this user may look at who holds them.
bool may_see_roles(const fs::path& run) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(run, none))
    if (entry.path().extension() == ".lock" && ::access(entry.path().c_str(), R_OK) != 0 && errno == EACCES)
      return false;
  return true;
}

// Nothing when it is not whole: it may be just being written.
std::string read_notes(const fs::path& file) {
  const std::string text = store::read_own_file(file, max_notes_bytes).value_or("");
  simdjson::dom::parser parser;
  simdjson::dom::element notes;
  if (text.empty() || parser.parse(text).get(notes) != simdjson::SUCCESS) return {};
  return simdjson::minify(notes);
}

// One of the handler's notes, in the parser's memory; nothing when there is none.
template <class T>
std::optional<T> note(simdjson::dom::parser& parser, const std::string& notes, std::string_view name) {
  T value{};
  if (notes.empty() || parser.parse(notes)[name].get(value) != simdjson::SUCCESS) return {};
  return value;
}

// As the handler that runs has it; else as one that starts now would.
commandhandler::ClockReading read_clock(const Settings& settings, const Overview& overview) {
  commandhandler::ClockReading clock{events::now_us(), overview.recorded_at_us.value_or(0)};
  clock.known_us = commandhandler::TimeNote(settings.data).read().value_or(clock.last_us);
  clock.is_believed = clock.known_us == 0 || clock.wall_us - clock.known_us <= commandhandler::max_time_off_us;
  simdjson::dom::parser parser;
  if (note<bool>(parser, overview.handler_notes, "clockRefused").value_or(false)) clock.is_believed = false;
  return clock;
}

std::string clock_to_json(const commandhandler::ClockReading& clock) {
  const std::string fault = commandhandler::clock_fault(clock);
  std::string text;
  events::write_json_text(fault, text);
  return fmt::format(R"({{"now":"{}","known":"{}","isBelieved":{},"fault":{}}})", events::to_rfc3339(clock.wall_us),
                     events::to_rfc3339(clock.known_us), clock.is_believed, fault.empty() ? "null" : text);
}

// A socket whose file was removed can be reached by nobody, and whoever listens at it does not notice.
std::vector<std::string> missing_sockets(const Settings& settings, const Overview& overview) {
  std::vector<std::string> paths;
  for (const auto& held : overview.roles)
    for (const Role& role : all_roles)
      if (held.name == role.name && *role.socket != '\0') paths.push_back((settings.data.run() / role.socket).string());
  std::erase_if(paths, [](const std::string& path) { return fs::exists(path); });
  return paths;
}

std::string missing_to_json(const Overview& overview) {
  std::string json;
  for (const auto& path : overview.missing_sockets) {
    if (!json.empty()) json += ',';
    events::write_json_text(path, json);
  }
  return "[" + json + "]";
}

std::string groups_to_json(const Overview& overview) {
  std::string json;
  for (const auto& group : overview.groups) json += (json.empty() ? "" : ",") + to_json(group);
  return '[' + json + ']';
}

uint64_t file_bytes(const fs::path& file) {
  std::error_code none;
  const auto bytes = fs::file_size(file, none);
  return none ? 0 : bytes;
}

std::string or_null(const std::optional<Position>& position) {
  return position ? fmt::format("{}", *position) : "null";
}

std::string fork_to_json(const std::optional<store::ForkedFrom>& fork) {
  if (!fork) return "null";
  return fmt::format(R"({{"logId":"{}","position":{},"root":"{}"}})", fork->log_id, fork->position,
                     events::hex(fork->root));
}

std::string to_json_text(const std::string& text) {
  std::string json;
  events::write_json_text(text, json);
  return json;
}

std::string megabytes(uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

std::string behind(const std::optional<Position>& position, Position head) {
  if (!position) return "there is none";
  if (*position > head) return fmt::format("{}, beyond the log, which is another one", *position);
  if (*position == head) return fmt::format("{} (up to date)", *position);
  return fmt::format("{} ({} behind)", *position, head - *position);
}

}  // namespace

Overview look_at(const Settings& settings) {
  Overview overview;
  // The projections first: they never stand beyond a head that is read after them.
  const store::Log log = open_log(settings);
  overview.log_id = log.id();
  overview.forked_from = log.forked_from();
  if (const auto state = usable_state(settings, log)) {
    overview.state = state->snapshot().position();
    overview.state_bytes = state->size_bytes();
  }
  // Before the checkpoint: what stands in front of a standstill was committed before that was noted.
  overview.quarantine = look_at_quarantine(settings, log);
  if (const fs::path live = settings.data.current_read_model(); fs::exists(live)) {
    try {
      const auto checkpoint = projector::read_checkpoint(projector::Database(live, projector::Open::read));
      overview.projected = checkpoint.position;
      projector::check_belongs(checkpoint, live, log.id(), log.head());
      projector::check_history(checkpoint, live, log);
    } catch (const events::Failure& failure) {
      if (failure.code() != events::Exit::damaged) throw;
      overview.read_model_fault = failure.what();
    } catch (const events::StorageFull& full) {  // a reader of a WAL without its index makes one
      overview.read_model_fault =
          fmt::format("it cannot be read, for there is no space left on the disk ({})", full.what());
      overview.read_model_code = events::Exit::failure;
    }
    const fs::path file = fs::canonical(live);
    overview.read_model_bytes = file_bytes(file) + file_bytes(file.string() + "-wal");
  }
  const store::TreeHead tree = log.snapshot().tree_head();
  overview.head = tree.size;
  overview.root = events::hex(tree.root);
  overview.recorded_at_us = recorded_at(log, overview.head);
  overview.log_bytes = log.size_bytes();
  overview.oldest_reader = log.oldest_reader();
  overview.roles = held_roles(settings.data.run());
  overview.may_see_roles = may_see_roles(settings.data.run());
  // Who is gone leaves its notes behind.
  if (is_held(overview, "handler")) overview.handler_notes = read_notes(settings.data.handler_status());
  if (is_held(overview, "state")) overview.cluster_notes = read_notes(settings.data.cluster_status());
  if (is_held(overview, "projector")) overview.readers = projector::read_readers_note(settings.data.run(), log.id());
  overview.groups = look_at_groups(settings, log);
  overview.missing_sockets = missing_sockets(settings, overview);
  overview.clock = read_clock(settings, overview);
  overview.housekeeping = look_at_housekeeping(settings.data.housekeeping(), overview.clock.wall_us);
  return overview;
}

std::string to_json(const Overview& overview) {
  std::string roles;
  for (const auto& role : overview.roles)
    roles +=
        fmt::format(R"({}"{}":{})", roles.empty() ? "" : ",", role.name, role.process.empty() ? "null" : role.process);
  return fmt::format(
      R"({{"logId":"{}","forkedFrom":{},"head":{},"root":"{}","recordedAt":{},"statePosition":{},"projectedPosition":{},)"
      R"("lag":{},"logBytes":{},)"
      R"("stateBytes":{},"readModelBytes":{},"readModelFault":{},"oldestReader":{},"running":{},"missingSockets":{},"clock":{},"readers":{},"handler":{},{},{},{}"groups":{}}})",
      overview.log_id, fork_to_json(overview.forked_from), overview.head, overview.root,
      overview.recorded_at_us ? fmt::format("\"{}\"", events::to_rfc3339(*overview.recorded_at_us)) : "null",
      or_null(overview.state), or_null(overview.projected), overview.lag(), overview.log_bytes, overview.state_bytes,
      overview.read_model_bytes, overview.read_model_fault.empty() ? "null" : to_json_text(overview.read_model_fault),
      overview.oldest_reader ? fmt::format(R"({{"process":{},"commitsBehind":{}}})", overview.oldest_reader->process_id,
                                           overview.oldest_reader->commits_behind)
                             : "null",
      overview.may_see_roles ? "{" + roles + "}" : "null", missing_to_json(overview), clock_to_json(overview.clock),
      overview.readers ? projector::to_json(*overview.readers) : "null",
      overview.handler_notes.empty() ? "null" : overview.handler_notes, to_json_members(overview.quarantine),
      to_json_members(overview.housekeeping),
      overview.cluster_notes.empty() ? "" : "\"cluster\":" + overview.cluster_notes + ",", groups_to_json(overview));
}

std::string to_text(const Overview& overview) {
  std::string roles;
  for (const auto& role : overview.roles)
    roles += fmt::format("{}{}{}", roles.empty() ? "" : ", ", role.name,
                         role.process.empty() ? "" : fmt::format(" (process {})", role.process));
  std::string text = to_lines(
      "log         {}\nhead        {}{}\nroot        {}:{}\nstate       {}\nread model  {}\n"
      "sizes       log {}, state {}, read model {}\nrunning     {}\n",
      overview.log_id, overview.head,
      overview.recorded_at_us ? fmt::format(", recorded at {}", events::to_rfc3339(*overview.recorded_at_us)) : "",
      overview.head, overview.root, behind(overview.state, overview.head), behind(overview.projected, overview.head),
      megabytes(overview.log_bytes), megabytes(overview.state_bytes), megabytes(overview.read_model_bytes),
      !overview.may_see_roles ? "only the owner of the locks in run/ may see"
      : roles.empty()         ? "nothing"
                              : roles);
  for (const auto& path : overview.missing_sockets)
    text += to_lines("socket      {} is missing, and nobody can reach the daemon by it: restart catlogd\n", path);
  if (const auto& fork = overview.forked_from)
    text += to_lines("forked from log {} at position {}\n", fork->log_id, fork->position);
  if (const auto& reader = overview.oldest_reader)
    text +=
        to_lines("oldest read of the log: process {}, {} commits behind\n", reader->process_id, reader->commits_behind);
  if (!overview.read_model_fault.empty()) text += to_lines("read model  {}\n", overview.read_model_fault);
  if (overview.readers) text += to_lines("readers     {}\n", overview.readers->words);
  if (const auto fault = commandhandler::clock_fault(overview.clock); !fault.empty())
    text += to_lines("clock       {}\n", fault);
  text += to_text(overview.quarantine);
  text += to_text(overview.housekeeping);
  for (const auto& group : overview.groups) text += "group       " + to_text(group);
  if (!overview.cluster_notes.empty()) text += to_lines("cluster     {}\n", overview.cluster_notes);
  if (!overview.handler_notes.empty()) text += to_lines("handler     {}\n", overview.handler_notes);
  return text;
}

}  // namespace catlog::cli
