#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "events/vocabulary.h"

namespace catlog::cli {

// Prints receipts as JSON lines on stdout in the order of their commands, whatever the order in which they arrive, and
// counts them. It holds no more of them than are under way. Threads: one at a time.
class Receipts {
 public:
  // The place of the next command's receipt.
  size_t expect();
  void take(size_t place, events::schema::Receipt::Reader receipt);
  size_t refused() const { return refused_; }
  size_t taken() const { return accepted_ + unchanged_ + refused_; }
  // "3 accepted, 1 unchanged, 0 refused", and how many are still expected, if any.
  std::string summary() const;

 private:
  std::deque<std::optional<std::string>> waiting_;
  size_t printed_ = 0;
  size_t accepted_ = 0, unchanged_ = 0, refused_ = 0;
};

}  // namespace catlog::cli
