#pragma once
#include <array>
#include <cstddef>

#include "bin/torrent/engine/seen.h"
#include "bin/torrent/scrape/scraper.h"
#include "events/counters.h"
#include "events/heartbeat.h"

namespace catlog::torrent {

// What the bridge writes down of its work; anybody may read it at any time.
struct Counters {
  events::Heartbeat heartbeat;                  // of its rounds
  std::array<events::Gauge, phases> transfers;  // by Phase
  events::Gauge waiting_downloads;              // for their turn
  events::Gauge sources;
  events::Gauge received_bytes, sent_bytes;  // of files, from and to peers; since the start
  std::array<events::Counter, fault_kinds> failures;
  events::Gauge position;          // in the log, up to which it was heard
  events::Gauge waiting_commands;  // that are not answered yet
  events::Counter taken_commands, refused_commands;
  events::Gauge free_bytes;
  scrape::Counters swarms;
};

}  // namespace catlog::torrent
