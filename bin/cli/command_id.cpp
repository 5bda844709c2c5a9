#include "bin/cli/command_id.h"

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/text/uuid.h"

namespace catlog::cli {

std::string_view CommandIds::give(std::string_view command) {
  made_.clear();
  if (command.size() > events::max_command_bytes) return command;
  simdjson::dom::object object;
  if (parser_.parse(command.data(), command.size()).get(object) != simdjson::SUCCESS) return command;
  bool is_empty = true;
  for (auto member : object) {
    if (member.key == "id") return command;
    is_empty = false;
  }
  const size_t inside = command.find('{') + 1;
  made_ = events::to_string(events::new_uuid());
  with_id_ =
      fmt::format("{}\"id\":\"{}\"{}{}", command.substr(0, inside), made_, is_empty ? "" : ",", command.substr(inside));
  return with_id_;
}

}  // namespace catlog::cli
