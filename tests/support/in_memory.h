#pragma once
#include <stdlib.h>

#include <filesystem>

namespace catlog::tests {

// A global fixture of suites that do not ask whether a disk really keeps what it was told to.
struct InMemory {
  InMemory() {
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
  }
};

}  // namespace catlog::tests
