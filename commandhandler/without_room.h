#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace catlog::commandhandler {

// On the disk, for commands: an append found none, there is less than the reserve (min-free-bytes), or neither.
enum class DiskSpace { none, below_reserve, enough };

// "less than min-free-bytes (64 MiB) is free on the disk: make room, or set min-free-bytes lower"
std::string reserve_words(uint64_t min_free_bytes);

// How long a leader has had no room, of a term in which it had some: one that never had stands for all where nobody
// has, and gives its lead up to nobody. Threads: one.
class WithoutRoom {
 public:
  // Told now and then, by a steady clock. 0 where there is room, or never was.
  int64_t for_us(DiskSpace space, int64_t steady_us) {
    const bool has_room = space == DiskSpace::enough;
    had_room_ = had_room_ || has_room;
    if (has_room || !had_room_) since_us_.reset();
    if (has_room || !had_room_) return 0;
    if (!since_us_) since_us_ = steady_us;
    return steady_us - *since_us_;
  }

 private:
  bool had_room_ = false;
  std::optional<int64_t> since_us_;
};

}  // namespace catlog::commandhandler
