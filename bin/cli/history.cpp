#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bin/cli/open.h"
#include "bin/cli/subcommand.h"
#include "events/datetime.h"
#include "events/json.h"
#include "projector/history.h"
#include "projector/printable.h"

namespace catlog::cli {
namespace {

using events::Exit;
using projector::FieldChange;
using projector::HistoryEntry;

std::string who(const HistoryEntry& entry) {
  std::string text = entry.user_id ? fmt::format("user {}", *entry.user_id) : "service";
  if (!entry.ip_address.empty()) text += " from " + entry.ip_address;
  return text;
}

std::string shown(const std::optional<std::string>& value) { return value ? *value : "-"; }

std::string to_json(const std::string& text) {
  std::string json;
  events::write_json_text(text, json);
  return json;
}

std::string to_json(const std::optional<std::string>& value) { return value ? to_json(*value) : "null"; }

std::string to_json(const HistoryEntry& entry) {
  std::string changes;
  for (const FieldChange& change : entry.changes)
    changes += fmt::format(R"({}{{"field":{},"before":{},"after":{}}})", changes.empty() ? "" : ",",
                           to_json(change.field), to_json(change.before), to_json(change.after));
  return fmt::format(
      R"({{"position":{},"version":{},"recordedAt":"{}","event":"{}","commandId":"{}","userId":{},"ipAddress":{},)"
      R"("userAgent":{},"changes":[{}]}})",
      entry.position, entry.version, events::to_rfc3339(entry.recorded_at_us), entry.event,
      events::to_string(entry.command_id), entry.user_id ? fmt::format("{}", *entry.user_id) : "null",
      to_json(entry.ip_address), to_json(entry.user_agent), changes);
}

class History : public Subcommand {
 public:
  explicit History(CLI::App& parent)
      : Subcommand(parent.add_subcommand("history", "Show what changed in one stream, when, by whom, field by field")) {
    app().add_option("stream", stream_, "The stream, such as movies/42")->required();
    app().add_flag("--json", is_json_, "One event per line as JSON");
    app().footer("Example: catlog history movies/42");
  }

  Exit run(const Settings& settings) override {
    const StreamName stream = parse_stream(stream_);
    const store::Log log = open_log(settings);
    const auto last = last_in_stream(settings, log, stream);
    if (last == 0) {
      fmt::print(stderr, "{} has no events\n", stream_);
      return Exit::refused;
    }
    const auto entries = projector::history(log, stream.entity, stream.id, last);
    if (is_json_)
      for (const HistoryEntry& entry : entries) std::cout << to_json(entry) << '\n';
    else
      show(entries);
    return Exit::ok;
  }

 private:
  static void show(const std::vector<HistoryEntry>& entries) {
    size_t event_width = 0;
    for (const HistoryEntry& entry : entries) event_width = std::max(event_width, entry.event.size());
    for (const HistoryEntry& entry : entries) {
      std::cout << fmt::format("{:>8}  {}  {:<{}}  {}\n", entry.position, events::to_rfc3339(entry.recorded_at_us),
                               entry.event, event_width, projector::printable(who(entry)));
      size_t width = 0;
      for (const FieldChange& change : entry.changes) width = std::max(width, change.field.size());
      for (const FieldChange& change : entry.changes)
        std::cout << fmt::format("          {:<{}}  {} -> {}\n", change.field + ":", width + 1,
                                 projector::printable(shown(change.before)), projector::printable(shown(change.after)));
    }
  }

  std::string stream_;
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_history(CLI::App& app) { return std::make_unique<History>(app); }

}  // namespace catlog::cli
