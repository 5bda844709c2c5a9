#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "bin/cli/subcommand.h"
#include "events/error.h"

namespace catlog::cli {

// " --data DIRECTORY", quoted for a shell, for a command that is advised; nothing where the directory is the one that
// commands take without.
std::string data_option(const Settings& settings);
// The same words; commands on a data directory that they advise, as in "run `catlog rebuild`", name this one. The rooms
// that say so know of no directory.
std::string with_data(const Settings& settings, std::string_view words);
// Runs `work`; a Failure that it throws has its words so.
events::Exit advising(const Settings& settings, const std::function<events::Exit()>& work);

}  // namespace catlog::cli
