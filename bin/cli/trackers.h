#pragma once
#include <string>
#include <vector>

#include "bin/cli/subcommand.h"

namespace catlog::cli {

// --tracker, once for each; or CATLOG_TRACKERS with all of them.
void add_tracker_option(Syntax syntax, std::vector<std::string>& into, const std::string& about);
// Throws Failure(usage) when one is no tracker's address.
void check_trackers(const std::vector<std::string>& trackers);

}  // namespace catlog::cli
