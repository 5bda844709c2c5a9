#include "bin/cli/command_id.h"

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/text/json_text.h"
#include "events/text/uuid.h"

namespace catlog::cli {
namespace {

enum class Id { none, null, given };

Id id_in(simdjson::dom::object command) {
  Id id = Id::none;
  for (auto member : command) {
    if (member.key != "id") continue;
    if (id != Id::none || !member.value.is_null()) return Id::given;  // one that is given twice is for the daemon
    id = Id::null;
  }
  return id;
}

}  // namespace

std::string_view CommandIds::give(std::string_view command) {
  made_.clear();
  if (command.size() > events::max_command_bytes) return command;
  simdjson::dom::object object;
  if (parser_.parse(command.data(), command.size()).get(object) != simdjson::SUCCESS) return command;
  const Id id = id_in(object);
  if (id == Id::given) return command;
  made_ = events::to_string(events::new_uuid());
  with_id_ = fmt::format("{{\"id\":\"{}\"", made_);
  if (id == Id::none) {
    const auto inside = command.substr(command.find('{') + 1);
    with_id_ += (object.size() == 0 ? "" : ",") + std::string(inside);
    return with_id_;
  }
  for (auto member : object) {
    if (member.key == "id") continue;
    with_id_ += ',';
    events::write_json_text(member.key, with_id_);
    with_id_ += ':' + std::string(simdjson::minify(member.value));
  }
  with_id_ += '}';
  return with_id_;
}

}  // namespace catlog::cli
