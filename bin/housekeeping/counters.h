#pragma once
#include <atomic>
#include <cstdint>
#include <string>

namespace catlog::housekeeping {

// What one task has come to, to be read by any thread at any time: the loop that runs it writes it without a lock, each
// number by itself. Times are microseconds UTC, 0: there was none. Counts are of this process.
struct TaskCounters {
  std::string task;  // never changes
  std::atomic<uint64_t> runs{0}, failed_runs{0};
  std::atomic<int64_t> last_run_us{0}, last_success_us{0}, last_failure_us{0};
  std::atomic<int64_t> next_run_us{0};  // 0: it is off
  std::atomic<int64_t> took_us{0};      // the last run
  std::atomic<uint32_t> failures_in_a_row{0};
};

}  // namespace catlog::housekeeping
