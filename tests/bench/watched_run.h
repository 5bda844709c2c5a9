#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace catlog::bench {

// How a program ended, and the most that it had at a time. Seen by looking at it again and again: what came and went
// between two looks is not in it.
struct Ended {
  int exit_code = 0;
  double seconds = 0;
  double memory_mib = 0;   // resident, its own (VmHWM): nothing of who started it
  double unnamed_mib = 0;  // on the disk, in files without a name that it has open: SQLite's temporary ones
};

// Runs it to its end with its output thrown away. `address_space_bytes`: as `ulimit -v` sets it; 0: none. Throws
// Failure(failure) when it cannot be watched.
Ended run_watched(const std::vector<std::string>& command, uint64_t address_space_bytes = 0);

}  // namespace catlog::bench
