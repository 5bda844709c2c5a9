#pragma once
#include <cstdint>
#include <optional>

#include "bin/torrent/scrape/swarm.h"

namespace catlog::scrape {

constexpr int64_t second_us = 1'000'000, hour_us = 3'600 * second_us, day_us = 24 * hour_us;
constexpr int64_t shortest_us = 6 * hour_us, longest_us = 72 * hour_us;

// When a source is looked at next, and what is known of it. A value; all functions here are pure.
struct Plan {
  int64_t due_us = 0;  // 0: at once, it never was
  int64_t interval_us = shortest_us;
  Swarm seen = {};
  Swarm told = {};
  int64_t told_us = 0;  // 0: never
  bool operator==(const Plan&) const = default;
};

// Due at `now_us`; also where a clock that was wrong has put it further off than is ever planned.
bool is_due(const Plan& plan, int64_t now_us);

// After a look; nothing: no tracker answered. A swarm that moved is looked at in half the time, down to 6 h; one that
// stood still later, up to 72 h. `spread` (any number, the same of one source): so that what was added together is not
// due together for ever.
Plan looked(const Plan& plan, std::optional<Swarm> swarm, int64_t now_us, uint32_t spread);

// Whether the log is to hear of what was seen last: it moved by a tenth and by two at least, came to life or died, or
// somebody is there and the log last heard so two days ago.
bool is_worth_telling(const Plan& plan, int64_t now_us);

// At most 20,000 events in any 24 hours: 5,000 at once, and 15,000 by and by.
class Budget {
 public:
  bool take(int64_t now_us);

 private:
  static constexpr double at_once = 5'000, a_day = 15'000;
  double left_ = at_once;
  int64_t at_us_ = 0;
};

}  // namespace catlog::scrape
