#pragma once
#include <string>
#include <vector>

#include "bin/cli/subcommand.h"
#include "events/position.h"
#include "projector/groups/group_file.h"
#include "store/log.h"

namespace catlog::cli {

// A group as its file has it, whether the daemon runs or not.
struct GroupView {
  std::string name;
  std::string fault;              // why it serves nobody; empty: it does
  projector::GroupRecord record;  // empty where its file cannot be used
  events::Position lag = 0;       // events of the log behind its cursor, whether it is about them or not
  size_t held = 0, members = 0;   // events that members hold, and so many members hold some
};
GroupView look_at_group(const Settings& settings, const store::Log& log, const std::string& name);
std::vector<GroupView> look_at_groups(const Settings& settings, const store::Log& log);

// An object of JSON; with every event that is open or set aside.
std::string to_json(const GroupView& group);
std::string to_json_with_events(const GroupView& group);
// A line; without what only `catlog group show` says.
std::string to_text(const GroupView& group);
// A line for each event that is open or set aside.
std::string events_to_text(const GroupView& group);

}  // namespace catlog::cli
