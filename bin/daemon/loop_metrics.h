#pragma once
#include <vector>

#include "bin/http/server.h"
#include "bin/service/metrics.h"
#include "bin/service/pulse.h"
#include "commandhandler/handler.h"
#include "commandhandler/state/state_loop.h"
#include "events/bus/gate.h"
#include "projector/feed/replay.h"
#include "projector/groups/groups_loop.h"
#include "projector/projector_loop.h"
#include "store/engine/engine_counters.h"

namespace catlog {

// What each loop counts, by the names under which Prometheus gets it. Wherever a new loop counts something, its show()
// is here, and bin/daemon/watch.cpp adds it to Metrics.
void show(Families& families, const commandhandler::Front& handler);
void show(Families& families, const commandhandler::StateLoop& loop);
void show(Families& families, const projector::ProjectorLoop& loop);
void show(Families& families, const projector::ReplayLoop& loop);
void show(Families& families, const projector::GroupsLoop& loop);
// How far each group is behind the log's head. There are at most events::max_groups of them, and only operators remove
// names: so a label may have them, although peers chose them.
void show_lags(Families& families, const std::vector<projector::GroupNumbers>& groups, events::Position head);
void show(Families& families, const store::engine::EngineCounters& counters);
// Of all that the bus serves.
void show(Families& families, const events::Gate& gate);
void show_connections(Families& families);
void show(Families& families, const http::ServerCounters& counters);
void show(Families& families, const Pulse& pulse);

}  // namespace catlog
