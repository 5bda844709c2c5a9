#include "tests/bench/statistics.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <string>

namespace catlog::bench {

namespace {

int64_t used_ns(clockid_t of) {
  timespec used{};
  ::clock_gettime(of, &used);
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

}  // namespace

int64_t thread_cpu_ns() { return used_ns(CLOCK_THREAD_CPUTIME_ID); }
int64_t process_cpu_ns() { return used_ns(CLOCK_PROCESS_CPUTIME_ID); }

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

uint64_t bytes_written() {
  std::ifstream counters("/proc/thread-self/io");
  std::string name;
  for (uint64_t count = 0; counters >> name >> count;)
    if (name == "wchar:") return count;
  return 0;
}

double percentile(std::vector<double>& values, double fraction) {
  if (values.empty()) return 0;
  auto rank = static_cast<size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

double Series::median() const {
  auto sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Series::least() const { return *std::min_element(values_.begin(), values_.end()); }
double Series::most() const { return *std::max_element(values_.begin(), values_.end()); }

}  // namespace catlog::bench
