#pragma once
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <optional>

#include "tests/support/disk/calls.h"

namespace catlog::tests::disk {

// A disk with so many bytes left: files take what they grow by, a write that does not fit is cut short, the next one is
// refused with ENOSPC; what is removed or cut off is free again.
//
// Threads: leave() and left() while nobody is at work or through the layer's own order (see Watcher).
class Budget : public Watcher {
 public:
  explicit Budget(uint64_t bytes) : left_(bytes) {}
  void leave(uint64_t bytes) { left_ = bytes; }
  uint64_t refused() const { return refused_; }

  Verdict before(const Operation& operation) override;
  void after(const Operation& operation, ssize_t result) override;
  std::optional<uint64_t> free_bytes() override { return left_; }

 private:
  std::atomic<uint64_t> left_, refused_ = 0;
  uint64_t size_before_ = 0;  // of the file of the call that is under way
};

}  // namespace catlog::tests::disk
