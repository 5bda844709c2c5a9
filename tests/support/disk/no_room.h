#pragma once
#include <cerrno>
#include <cstdint>
#include <optional>

#include "tests/support/disk/calls.h"

namespace catlog::tests::disk {

// A full disk, on which the read model's file cannot be written.
class NoRoom : public Watcher {
 public:
  Verdict before(const Operation& operation) override {
    return {.error = is_write(operation.call) && operation.path.ends_with(".sqlite") ? ENOSPC : 0};
  }
  std::optional<uint64_t> free_bytes() override { return 0; }
};

}  // namespace catlog::tests::disk
