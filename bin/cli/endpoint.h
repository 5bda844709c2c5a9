#pragma once
#include <string>
#include <string_view>

#include "bin/cli/subcommand.h"

namespace catlog::cli {

// The daemon's endpoint `name` ("commands.ipc") in the data directory, somebody listening at it.
// Throws Failure(unreachable), with how to start the daemon, when nobody does.
std::string live_endpoint(const Settings& settings, std::string_view name);

}  // namespace catlog::cli
