#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace catlog::commandhandler {

// Which row had a unique key when it was last looked for, or made, by the key's hash. Only a guess: the row itself says
// whether it has that key. So nobody tells it of changes, and it may be wrong, or forget, at any time.
//
// Threads: one at a time.
class KeyHints {
 public:
  std::optional<int64_t> find(size_t hash) const {
    for (const Hint& hint : lines_[hash % lines].hints)
      if (hint.tag == tag_of(hash) && hint.id != 0) return hint.id;
    return {};
  }
  // A row beyond the first four billion of its entity has no hint.
  void note(size_t hash, int64_t id) {
    if (id <= 0 || id > UINT32_MAX) return;
    auto& hints = lines_[hash % lines].hints;
    // In front, where the last one of this tag was, or the oldest, moves up.
    auto last = std::ranges::find(hints, tag_of(hash), &Hint::tag);
    if (last == hints.end()) --last;
    std::move_backward(hints.begin(), last, last + 1);
    hints.front() = {tag_of(hash), static_cast<uint32_t>(id)};
  }

 private:
  // One is as long as a line of the processor's cache: a look costs one miss, and eight keys that meet have place.
  static constexpr size_t lines = 8'192, hints_in_line = 8;
  struct Hint {
    uint32_t tag = 0, id = 0;  // 0: none, for no row has it
  };
  struct alignas(sizeof(Hint) * hints_in_line) Line {
    std::array<Hint, hints_in_line> hints;
  };
  static uint32_t tag_of(size_t hash) { return static_cast<uint32_t>(hash >> 32); }

  std::vector<Line> lines_ = std::vector<Line>(lines);
};

}  // namespace catlog::commandhandler
