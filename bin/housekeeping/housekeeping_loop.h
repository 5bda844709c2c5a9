#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bin/housekeeping/commands.h"
#include "bin/housekeeping/housekeeping_options.h"
#include "bin/housekeeping/keeper.h"
#include "bin/housekeeping/programs.h"
#include "events/bus/bus.h"
#include "events/data_directory.h"
#include "events/heartbeat.h"
#include "store/files/file_lock.h"
#include "store/log.h"

namespace catlog::housekeeping {

// How often it looks at the clock, which may have been set, when nothing is due.
constexpr std::chrono::milliseconds look_every{30'000};

// The daemon's loop for what must be done now and then. One thing at a time: what is due meanwhile comes after it.
//
// Threads: made in one, run in another; counters() from any. Lifetime: `log` and `stop` outlive it.
class HousekeepingLoop {
 public:
  // Takes the role's lock (run/housekeeping.lock). Throws Failure(held) that names the holder, Failure(usage) for
  // options that cannot be.
  HousekeepingLoop(const store::Log& log, const events::DataDirectory& data, const Options& options,
                   const events::Stop& stop, Tell tell);
  HousekeepingLoop(const HousekeepingLoop&) = delete;

  // Returns after `stop`, the same as at the beginning, was set; what runs then is ended.
  void run(events::Stop& stop);
  const std::vector<std::unique_ptr<TaskCounters>>& counters() const { return keeper_.counters(); }
  // Beats each time that it looks; a task and the pause before the next look are long steps.
  const events::Heartbeat& heartbeat() const { return heartbeat_; }

 private:
  store::FileLock lock_;
  BusCommands commands_;
  ChildPrograms programs_;
  Keeper keeper_;
  std::chrono::seconds longest_task_;
  events::Heartbeat heartbeat_;
};

}  // namespace catlog::housekeeping
