#include "bin/housekeeping/housekeeping_loop.h"

#include <poll.h>

#include <algorithm>

#include "bin/housekeeping/commands.h"
#include "bin/housekeeping/sweeps.h"
#include "events/bus/bus.h"
#include "events/text/datetime.h"

namespace catlog::housekeeping {

namespace {

constexpr uint64_t programs_of_a_task = 2;  // a backup, and that it can be read
// Of what has no limit of its own, each command being waited for as long as it is.
constexpr auto longest_sweep = std::chrono::ceil<std::chrono::seconds>(
    std::chrono::microseconds(severities * max_commands_per_run * (longest_wait_us + longest_pause_between_us)));

}  // namespace

HousekeepingLoop::HousekeepingLoop(const store::Log& log, const events::DataDirectory& data, const Options& options,
                                   const events::Stop& stop, Tell tell)
    : lock_(data.run() / "housekeeping.lock", "housekeeping"),
      commands_(events::endpoint_in(data, "commands.ipc"), data, stop),
      programs_(options.catlog.empty() ? program_beside("catlog") : std::filesystem::absolute(options.catlog),
                data.root, std::chrono::seconds(options.limit_s), stop),
      keeper_(data.housekeeping(), make_chores(options, commands_, programs_, log), events::now_us(), std::move(tell)),
      longest_task_(programs_of_a_task * options.limit_s + longest_sweep.count()) {}

void HousekeepingLoop::run(events::Stop& stop) {
  while (!stop.is_set()) {
    const auto next = [this] {
      const events::Heartbeat::LongStep task(heartbeat_, longest_task_);
      return keeper_.look(events::now_us());
    }();
    const int64_t most_us = std::chrono::microseconds(look_every).count();
    const int64_t wait_us = next ? std::clamp<int64_t>(*next - events::now_us(), 0, most_us) : most_us;
    const events::Heartbeat::LongStep pause(heartbeat_, 2 * look_every);
    pollfd stopping{stop.fd(), POLLIN, 0};
    ::poll(&stopping, 1, static_cast<int>((wait_us + 999) / 1'000));
  }
}

}  // namespace catlog::housekeeping
