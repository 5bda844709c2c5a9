#pragma once
#include <stdlib.h>

#include <filesystem>

namespace catlog::tests {

// The fixture of suites that do not ask whether a disk really keeps what it was told to: `const OfSuite<InMemory> ...;`
class InMemory {
 public:
  InMemory() : ours_(!::getenv("TMPDIR") && std::filesystem::is_directory("/dev/shm")) {
    if (ours_) ::setenv("TMPDIR", "/dev/shm", 0);
  }
  ~InMemory() {
    if (ours_) ::unsetenv("TMPDIR");
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;

 private:
  bool ours_;
};

}  // namespace catlog::tests
