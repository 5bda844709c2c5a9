#pragma once
#include <string>
#include <vector>

#include "events/counters.h"
#include "events/heartbeat.h"
#include "events/position.h"

namespace catlog::projector {

// What the groups' loop counts of its work; anybody may read it meanwhile.
struct GroupsCounters {
  events::Counter handed_out, again;  // deliveries, and those of them that were not the first of their event
  events::Counter acknowledged, late, failed;
  events::Counter refused;  // requests
  events::Counter saves_without_space;
  events::Heartbeat heartbeat;
};

// How a group is.
struct GroupNumbers {
  std::string name;
  events::Position cursor = 0;
  size_t members = 0, held = 0, waiting = 0, set_aside = 0;
  bool serves = true;  // false: its history is not the log's, or its file cannot be used
};

}  // namespace catlog::projector
