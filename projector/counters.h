#pragma once
#include "events/counters.h"
#include "events/heartbeat.h"

namespace catlog::projector {

// What the projector's loop counts of its work; anybody may read it while it works.
struct ProjectorCounters {
  events::Gauge position;  // up to which the read model holds the log
  events::Counter events;  // that were applied
  events::Histogram apply_seconds{events::duration_bounds}, batch_events{events::count_bounds};
  events::Gauge stands_still, waits;  // 1: it does, as the daemon's log says why
  events::Gauge wal_bytes;
  events::Gauge readers_in_the_way;     // of the WAL's next use
  events::Gauge oldest_reader;          // its process; 0: none, or it cannot be seen
  events::Gauge oldest_reader_since_s;  // when it was first seen there, since 1970
  events::Gauge files_kept;             // older ones, that others have open
  events::Heartbeat heartbeat;
};

}  // namespace catlog::projector
