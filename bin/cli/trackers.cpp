#include "bin/cli/trackers.h"

#include <fmt/format.h>

#include "commandhandler/import/magnet_link.h"
#include "events/text/printable.h"

namespace catlog::cli {

void add_tracker_option(Syntax syntax, std::vector<std::string>& into, const std::string& about) {
  syntax.option("--tracker", into, about + "; once for each, or all in CATLOG_TRACKERS")
      .one_at_a_time()
      .or_variable("CATLOG_TRACKERS");
}

void check_trackers(const std::vector<std::string>& trackers) {
  for (const auto& tracker : trackers)
    if (!commandhandler::importing::is_tracker(tracker))
      throw events::Failure(
          events::Exit::usage,
          fmt::format("{}: no tracker's address; it is one such as udp://tracker.example:1337/announce",
                      events::printable(tracker)));
}

}  // namespace catlog::cli
