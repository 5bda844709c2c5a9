#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace catlog::commandhandler {

// On the disk, for commands: an append found none, there is less than the reserve (min-free-bytes), or neither.
enum class DiskSpace { none, below_reserve, enough };

// "less than min-free-bytes (64 MiB) is free on the disk: make room, or set min-free-bytes lower"
std::string reserve_words(uint64_t min_free_bytes);

// How long a leader stays below its reserve before it gives its lead up: of a term in which it had twice the reserve
// once, as who stands at once has, and of one in which it never had, for then others may not have it either.
struct LongestWithoutRoom {
  std::chrono::milliseconds had_room{15'000}, never_had{300'000};
};

// How long nobody must have led before a node stands, so that one that has more room leads: at once only with twice
// what a leader must keep, lest it lose its lead for the same reason soon.
inline std::chrono::milliseconds stands_after(uint64_t free_bytes, uint64_t reserve_bytes) {
  if (free_bytes / 2 >= reserve_bytes) return std::chrono::seconds(0);
  return free_bytes >= reserve_bytes ? std::chrono::seconds(10) : std::chrono::seconds(20);
}

// How long a leader has been below its reserve. Threads: one.
class WithoutRoom {
 public:
  // Told now and then, by a steady clock, how much is free for commands.
  void see(uint64_t free_bytes, uint64_t reserve_bytes, int64_t steady_us) {
    had_room_ = had_room_ || free_bytes / 2 >= reserve_bytes;
    if (free_bytes >= reserve_bytes) since_us_.reset();
    if (free_bytes < reserve_bytes && !since_us_) since_us_ = steady_us;
    seen_us_ = steady_us;
  }
  bool is_too_long(const LongestWithoutRoom& longest) const {
    const std::chrono::microseconds most = had_room_ ? longest.had_room : longest.never_had;
    return since_us_ && seen_us_ - *since_us_ > most.count();
  }

 private:
  bool had_room_ = false;
  std::optional<int64_t> since_us_;
  int64_t seen_us_ = 0;
};

}  // namespace catlog::commandhandler
