#pragma once
#include <algorithm>
#include <chrono>

#include "projector/groups/group_work.h"

namespace catlog::projector {

// The time of members' leases, in a loop that looks at it in each round. Between two looks at most a second counts:
// while the loop itself was held up (by a write, or because its process was stopped) it heard nobody. Begins at zero.
// Threads: one at a time.
class GroupClock {
 public:
  using Clock = std::chrono::steady_clock;
  explicit GroupClock(Clock::time_point now = Clock::now()) : looked_(now) {}

  GroupWork::Time look(Clock::time_point now = Clock::now()) {
    passed_ += std::min<Clock::duration>(now - looked_, longest_step);
    looked_ = now;
    return std::chrono::duration_cast<GroupWork::Time>(passed_);
  }

 private:
  static constexpr std::chrono::milliseconds longest_step{1'000};

  Clock::time_point looked_;
  Clock::duration passed_{};
};

}  // namespace catlog::projector
