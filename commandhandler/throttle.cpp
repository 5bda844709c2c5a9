#include "commandhandler/throttle.h"

#include <algorithm>

namespace catlog::commandhandler {

namespace {

constexpr int64_t us_in_s = 1'000'000, us_in_ms = 1'000;
constexpr int64_t longest_refill_us = 3'600 * us_in_s;  // more would overflow, and is full anyway
constexpr size_t senders_remembered = 4'096;

}  // namespace

int64_t Throttle::take(const std::string& sender, size_t bytes, int64_t steady_us) {
  if (shares_.size() > senders_remembered) forget(steady_us);
  Share& share = shares_.try_emplace(sender, Share{bytes_per_second_, steady_us}).first->second;
  const int64_t passed_us = std::min(steady_us - share.at_us, longest_refill_us);
  share.left_bytes = std::min(bytes_per_second_, share.left_bytes + passed_us * bytes_per_second_ / us_in_s);
  share.at_us = steady_us;
  if (share.left_bytes > 0) {
    share.left_bytes -= static_cast<int64_t>(bytes);
    return 0;
  }
  return -share.left_bytes * us_in_s / bytes_per_second_ / us_in_ms + 1;
}

void Throttle::forget(int64_t steady_us) {
  std::erase_if(shares_, [&](const auto& each) { return steady_us - each.second.at_us > 2 * us_in_s; });
}

}  // namespace catlog::commandhandler
