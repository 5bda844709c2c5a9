#pragma once
#include <string>

#include "bin/daemon/options.h"
#include "bin/housekeeping/keeper.h"
#include "commandhandler/handler.h"
#include "events/data_directory.h"
#include "projector/projector_loop.h"

namespace catlog {

// What the loops are told, and what they say in the daemon's log.

// With the other loops beside it a projector that cannot go on stands still: commands are taken, and `catlog status`
// tells where it stands. As a process of its own it ends.
projector::ProjectorOptions projector_options(const Options& options);
commandhandler::HandlerOptions handler_options(const events::DataDirectory& data, const Options& options);
housekeeping::Tell housekeeping_tells();
// Where the handler listens, for whoever sends to it from this process or from one beside it.
std::string commands_endpoint(const events::DataDirectory& data, const Options& options);

}  // namespace catlog
