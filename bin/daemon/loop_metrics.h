#pragma once
#include "bin/daemon/metrics.h"
#include "bin/daemon/pulse.h"
#include "bin/http/server.h"
#include "commandhandler/handler.h"
#include "commandhandler/state/state_loop.h"
#include "projector/feed/replay.h"
#include "projector/projector_loop.h"

namespace catlog {

// What each loop counts, by the names under which Prometheus gets it. Wherever a new loop counts something, its show()
// is here, and bin/daemon/watch.cpp adds it to Metrics.
void show(Families& families, const commandhandler::Handler& handler);
void show(Families& families, const commandhandler::StateLoop& loop);
void show(Families& families, const projector::ProjectorLoop& loop);
void show(Families& families, const projector::ReplayLoop& loop);
// Of all that the bus serves.
void show_connections(Families& families);
void show(Families& families, const http::ServerCounters& counters);
void show(Families& families, const Pulse& pulse);
// Of the program and its process.
void show_process(Families& families);

}  // namespace catlog
