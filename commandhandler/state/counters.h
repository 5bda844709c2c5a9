#pragma once
#include "events/counters.h"
#include "events/heartbeat.h"

namespace catlog::commandhandler {

// What the state loop counts of its work; anybody may read it while it works.
struct StateCounters {
  events::Gauge position;  // up to which the stored state holds the log
  events::Histogram flush_seconds{events::duration_bounds};
  events::Counter flushes_without_space;
  events::Heartbeat heartbeat;
};

}  // namespace catlog::commandhandler
