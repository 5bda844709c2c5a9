#include "bin/torrent/budget.h"

#include <algorithm>

namespace catlog::torrent {

namespace {

constexpr int64_t second_us = 1'000'000, minute_us = 60 * second_us;
// Fifty steps, and as many of twenty minutes for what is slower than that, leave room for what happens besides.
constexpr double step = 0.02;
constexpr int64_t slow_us = 20 * minute_us, seed_us = 80 * minute_us;
constexpr int64_t settled_us = 10 * second_us;
constexpr uint64_t phases_until = 30, slow_until = 40, steps_until = 95, trials_until = 105, ends_until = 114;
constexpr int64_t first_trial_us = 5 * second_us, last_trial_us = 10 * minute_us;

}  // namespace

bool is_worth_telling(const Wish& wish, const Seen& seen, int64_t now_us) {
  if (seen.size <= 0 || seen.done <= wish.downloaded || wish.events >= steps_until) return false;
  if (now_us - wish.reported_us < second_us) return false;
  const double progress = static_cast<double>(seen.done) / static_cast<double>(seen.size);
  return progress >= wish.progress + step || (now_us - wish.reported_us >= slow_us && wish.events < slow_until);
}

bool is_worth_telling_phase(const Wish& wish, std::string_view phase, int64_t now_us) {
  return wish.phase != phase && wish.events < phases_until && now_us - wish.changed_us >= settled_us;
}

bool is_worth_telling_of_seed(const Wish& wish, const Seen& seen, int64_t now_us) {
  return seen.uploaded > wish.uploaded && now_us - wish.reported_us >= seed_us;
}

bool may_try_again(const Wish& wish, int64_t now_us) {
  const int64_t wait_us = std::min(last_trial_us, first_trial_us << std::min<uint64_t>(wish.failures, 8) >> 1);
  return wish.events < trials_until && now_us - wish.failed_us >= wait_us;
}

bool may_tell_at_end(const Wish& wish) { return wish.events < ends_until; }

}  // namespace catlog::torrent
