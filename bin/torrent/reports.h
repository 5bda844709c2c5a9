#pragma once
#include <cstdint>
#include <string>

#include "bin/torrent/scrape/scraper.h"
#include "bin/torrent/transfers.h"

namespace catlog::torrent {

// A report as a command, under this id; by the service, as which the log shows it.
std::string command_of(const Report& report, const std::string& id);
// That a download is played.
std::string touch_of(const std::string& hash, const std::string& id);
// What trackers told of a swarm, at that time. When the source was last seen moves only if somebody was.
std::string command_of(const scrape::Observation& seen, int64_t now_us, const std::string& id);

}  // namespace catlog::torrent
