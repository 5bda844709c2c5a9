#include "bin/torrent/scrape/schedule.h"

#include <algorithm>
#include <utility>

namespace catlog::scrape {

namespace {

constexpr int64_t spread_of = 10;  // a tenth of the interval
constexpr int64_t told_again_us = 2 * day_us;
constexpr uint32_t few = 10;  // below so many, one more or less is chance

uint32_t apart(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

// In percent of the larger one.
uint32_t moved(Swarm before, Swarm now) {
  const auto percent = [](uint32_t a, uint32_t b) { return uint64_t{apart(a, b)} * 100 / std::max({a, b, few}); };
  return static_cast<uint32_t>(std::max(percent(before.seeds, now.seeds), percent(before.peers, now.peers) / 2));
}

int64_t next_interval(const Plan& plan, std::optional<Swarm> swarm) {
  if (plan.due_us == 0) return shortest_us;
  if (!swarm) return plan.interval_us;
  if (swarm->is_empty() && plan.seen.is_empty()) return plan.interval_us * 2;
  const uint32_t percent = moved(plan.seen, *swarm);
  if (percent >= 20) return plan.interval_us / 2;
  return percent < 5 ? plan.interval_us * 3 / 2 : plan.interval_us;
}

}  // namespace

bool is_due(const Plan& plan, int64_t now_us) {
  return plan.due_us <= now_us || plan.due_us - now_us > longest_us + longest_us / spread_of;
}

Plan looked(const Plan& plan, std::optional<Swarm> swarm, int64_t now_us, uint32_t spread) {
  Plan next = plan;
  next.interval_us = std::clamp(next_interval(plan, swarm), shortest_us, longest_us);
  const int64_t late = std::min(next.interval_us / spread_of, longest_us - next.interval_us);
  next.due_us = now_us + next.interval_us + late * (spread % 1'000) / 1'000;
  if (swarm) next.seen = *swarm;
  return next;
}

bool is_worth_telling(const Plan& plan, int64_t now_us) {
  const auto [seen, told] = std::pair(plan.seen, plan.told);
  if (plan.told_us == 0) return true;
  if (seen.is_empty() != told.is_empty() || (seen.seeds == 0) != (told.seeds == 0)) return true;
  const uint32_t step = std::max(2u, told.seeds / 10);
  if (apart(seen.seeds, told.seeds) >= step) return true;
  return !seen.is_empty() && now_us - plan.told_us >= told_again_us;
}

bool Budget::take(int64_t now_us) {
  const int64_t passed = at_us_ == 0 ? 0 : std::max<int64_t>(0, now_us - at_us_);
  at_us_ = now_us;
  left_ = std::min(at_once, left_ + a_day * static_cast<double>(passed) / static_cast<double>(day_us));
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

}  // namespace catlog::scrape
