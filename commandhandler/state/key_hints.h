#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace catlog::commandhandler {

// Which row had a unique key when it was last looked for, by the key's hash. Only a guess: the row itself says whether
// it has that key. So nobody tells it of changes, and it may be wrong, or forget, at any time.
//
// Threads: one at a time.
class KeyHints {
 public:
  std::optional<int64_t> find(size_t hash) const {
    const Hint& hint = hints_[hash % places];
    return hint.hash == hash && hint.id != 0 ? std::optional(hint.id) : std::nullopt;
  }
  void note(size_t hash, int64_t id) { hints_[hash % places] = {hash, id}; }

 private:
  static constexpr size_t places = 65'536;
  struct Hint {
    size_t hash = 0;
    int64_t id = 0;  // 0: none, for no row has it
  };
  std::vector<Hint> hints_ = std::vector<Hint>(places);
};

}  // namespace catlog::commandhandler
