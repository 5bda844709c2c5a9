// The list of quarantined events as a file.

#include <fmt/format.h>
#include <simdjson.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"
#include "projector/quarantine/quarantine.h"
#include "store/files/durable_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;
using events::Exit;
using events::Failure;

namespace {

constexpr mode_t mode = store::shared_file;          // for whoever may read the reports
constexpr size_t max_file_bytes = size_t{32} << 20;  // a full list with the longest reasons, escaped, is less

using Fault = std::unexpected<std::string>;

std::expected<std::string, std::string> text_of(const fs::path& file) {
  auto text = store::read_own_file(file, max_file_bytes);
  if (!text) return Fault(text.error().sentence);
  return *std::move(text);
}

// Exactly these members, each once, in any order.
bool has_members(const dom::object& object, std::initializer_list<std::string_view> names) {
  if (object.size() != names.size()) return false;
  for (std::string_view name : names)
    if (object.at_key(name).error()) return false;
  return true;
}

// What an earlier release took, or somebody wrote by hand, may hold what would drive a terminal; the list is followed
// all the same.
std::expected<QuarantinedEvent, std::string> event_of(const dom::element& element) {
  dom::object object;
  uint64_t position = 0;
  std::string_view why, when, who;
  if (element.get(object) || !has_members(object, {"position", "why", "when", "who"}) ||
      object["position"].get(position) || object["why"].get(why) || object["when"].get(when) || object["who"].get(who))
    return Fault(R"(each event has exactly "position", a number, and "why", "when" and "who", texts)");
  const auto when_us = events::parse_rfc3339(when);
  if (!when_us) return Fault(R"("when" is not a time such as 2026-11-01T00:00:00Z)");
  const auto is_blank = [](std::string_view text) { return text.find_first_not_of(' ') == std::string_view::npos; };
  std::string reason = events::printable(why);
  if (is_blank(reason) && !is_blank(why)) reason = "(nothing that can be read)";
  return QuarantinedEvent{position, std::move(reason), *when_us, events::printable(who)};
}

std::expected<Quarantine, std::string> list_of(const std::string& text, const std::string& log_id) {
  dom::parser parser;
  dom::object document;
  dom::array array;
  std::string_view id;
  if (auto error = parser.parse(text).get(document))
    return Fault(fmt::format("it is no JSON object ({})", simdjson::error_message(error)));
  if (!has_members(document, {"logId", "events"}) || document["logId"].get(id) || document["events"].get(array))
    return Fault(R"(it has not exactly "logId", a text, and "events", a list)");
  if (id != log_id) return Fault(fmt::format("it is the list of log {}, but this is log {}", id, log_id));
  Quarantine list(log_id);
  for (const dom::element& element : array) {
    auto event = event_of(element);
    if (!event) return Fault(event.error());
    if (std::string fault = list.objection(*event); !fault.empty()) return Fault(fault);
    list.add(std::move(*event));
  }
  return list;
}

}  // namespace

std::expected<Quarantine, std::string> Quarantine::read(const fs::path& file, const std::string& log_id) {
  if (std::error_code error; fs::symlink_status(file, error).type() == fs::file_type::not_found)
    return Quarantine(log_id);
  auto text = text_of(file);
  auto list = text ? list_of(*text, log_id) : Fault(text.error());
  if (list) return list;
  return Fault(
      fmt::format("{} cannot be used: {}; take it from a backup, or move it away and quarantine again, by "
                  "position, what the read model must leave out",
                  file.string(), list.error()));
}

void Quarantine::save(const fs::path& file) const {
  std::string text = fmt::format(R"({{"logId":"{}","events":[)", log_id_);
  for (const QuarantinedEvent& event : events_) {
    text += fmt::format("{}\n{{\"position\":{},\"why\":", &event == events_.data() ? "" : ",", event.position);
    events::write_json_text(event.why, text);
    text += fmt::format(R"(,"when":"{}","who":)", events::to_rfc3339(event.when_us));
    events::write_json_text(event.who, text);
    text += '}';
  }
  text += "\n]}\n";
  store::write_durably(fs::absolute(file), text, mode);
}

}  // namespace catlog::projector
