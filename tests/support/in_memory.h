#pragma once
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <system_error>

namespace catlog::tests {

// The fixture of suites that do not ask whether a disk really keeps what it was told to: `const OfSuite<InMemory> ...;`
class InMemory {
 public:
  InMemory() : ours_(!::getenv("TMPDIR") && has_room()) {
    if (ours_) ::setenv("TMPDIR", "/dev/shm", 0);
  }
  ~InMemory() {
    if (ours_) ::unsetenv("TMPDIR");
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;

 private:
  // A container may have 64 MB there, and who finds none in a mapped file is ended by SIGBUS.
  static bool has_room() {
    std::error_code none;
    const auto space = std::filesystem::space("/dev/shm", none);
    return !none && space.available >= uint64_t{1} << 30;
  }

  bool ours_;
};

}  // namespace catlog::tests
