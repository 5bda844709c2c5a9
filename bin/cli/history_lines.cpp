#include "bin/cli/history_lines.h"

#include <fmt/format.h>

#include "events/schema/model.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"

namespace catlog::cli {
namespace {

std::string who(const projector::HistoryEntry& entry) {
  std::string text = entry.user_id ? fmt::format("user {}", *entry.user_id) : "service";
  if (!entry.ip_address.empty()) text += " from " + entry.ip_address;
  if (!entry.user_agent.empty()) text += " with " + entry.user_agent;
  return text;
}

std::string left_out(const projector::HistoryEntry& entry) {
  if (entry.left_out_with == 0) return {};
  if (entry.left_out_with == entry.position) return "  (quarantined)";
  return fmt::format("  (left out with position {})", entry.left_out_with);
}

std::string stream_of(const projector::HistoryEntry& entry) {
  return fmt::format("{}/{}", events::model().entity(entry.stream.first).table, entry.stream.second);
}

}  // namespace

std::string head_line(const projector::HistoryEntry& entry, size_t event_width) {
  return fmt::format("{:>8}  {}  {:<{}}  {} v{}  command {}  {}{}\n", entry.position,
                     events::to_rfc3339(entry.recorded_at_us), entry.event, event_width, stream_of(entry),
                     entry.version, events::to_string(entry.command_id), events::printable(who(entry)),
                     left_out(entry));
}

std::string head_json(const projector::HistoryEntry& entry) {
  return fmt::format(
      R"("position":{},"stream":"{}","version":{},"recordedAt":"{}","event":"{}","commandId":"{}","userId":{},)"
      R"("ipAddress":{},"userAgent":{},"quarantined":{},"leftOutWith":{})",
      entry.position, stream_of(entry), entry.version, events::to_rfc3339(entry.recorded_at_us), entry.event,
      events::to_string(entry.command_id), entry.user_id ? fmt::format("{}", *entry.user_id) : "null",
      json_of(entry.ip_address), json_of(entry.user_agent), entry.left_out_with != 0,
      entry.left_out_with == 0 ? "null" : fmt::format("{}", entry.left_out_with));
}

std::string shown(const std::optional<std::string>& value) { return events::printable(value ? *value : "-"); }

std::string json_of(const std::string& text) {
  std::string json;
  events::write_json_text(text, json);
  return json;
}

std::string json_of(const std::optional<std::string>& value) { return value ? json_of(*value) : "null"; }

}  // namespace catlog::cli
