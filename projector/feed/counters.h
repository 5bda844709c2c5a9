#pragma once
#include "events/counters.h"
#include "events/heartbeat.h"

namespace catlog::projector {

// What the feed and the replay loop count of their work; anybody may read it while they work.

struct FeedCounters {
  events::Counter json, capnp;  // changes that were sent, once however many are subscribed
  events::Counter bytes;        // of these
  events::Counter cut_off;      // subscribers, because they did not read
};

struct ReplayCounters {
  events::Counter chunks, statuses, waited, refused;  // requests, by their answer
  events::Counter dropped;                            // requests, because their peer or all had too many open
  events::Gauge waiting;                              // those that wait for a position
  events::Counter events, bytes;                      // of the chunks
  events::Heartbeat heartbeat;
};

}  // namespace catlog::projector
