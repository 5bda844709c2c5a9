#pragma once
#include "bin/daemon/doors.h"
#include "bin/daemon/options.h"
#include "bin/housekeeping/keeper.h"
#include "commandhandler/handler.h"
#include "events/data_directory.h"
#include "events/schema/natural_key.h"
#include "projector/projector_loop.h"

namespace catlog {

// What the loops are told, and what they say in the daemon's log.

// With the other loops beside it a projector that cannot go on stands still: commands are taken, and `catlog status`
// tells where it stands. As a process of its own it ends.
projector::ProjectorOptions projector_options(const Options& options, const Doors& doors, events::KnownKeys known);
commandhandler::HandlerOptions handler_options(const events::DataDirectory& data, const Options& options,
                                               const Doors& doors);
housekeeping::Tell housekeeping_tells();

}  // namespace catlog
