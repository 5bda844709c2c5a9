#pragma once
#include <string>

#include "bin/torrent/transfers.h"

namespace catlog::torrent {

// A report as a command, under this id; by the service, as which the log shows it.
std::string command_of(const Report& report, const std::string& id);

}  // namespace catlog::torrent
