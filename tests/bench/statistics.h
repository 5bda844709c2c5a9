#pragma once
#include <cstdint>
#include <vector>

namespace catlog::bench {

int64_t now_ns();          // steady
int64_t thread_cpu_ns();   // what this thread has had of a processor
int64_t process_cpu_ns();  // and all threads of this process
// What this thread has handed to the kernel to be written so far; 0 where the kernel does not count it.
uint64_t bytes_written();
constexpr double pages(uint64_t bytes) { return static_cast<double>(bytes) / 4'096; }

template <class Work>
double seconds_of(Work&& work) {
  int64_t begin_ns = now_ns();
  work();
  return static_cast<double>(now_ns() - begin_ns) / 1e9;
}

// What work took: by the clock, and of this thread's processor time, which a busy machine changes little.
struct Spent {
  double seconds = 0, processor_seconds = 0;
};
template <class Work>
Spent spent_on(Work&& work) {
  const int64_t begin_ns = now_ns(), begin_cpu_ns = thread_cpu_ns();
  work();
  return {static_cast<double>(now_ns() - begin_ns) / 1e9, static_cast<double>(thread_cpu_ns() - begin_cpu_ns) / 1e9};
}

// The value that this fraction of them does not exceed (nearest rank); 0 for none. `values` is reordered.
double percentile(std::vector<double>& values, double fraction);

// One figure's values, one a run.
class Series {
 public:
  void add(double value) { values_.push_back(value); }
  bool empty() const { return values_.empty(); }
  double median() const;
  double least() const;
  double most() const;

 private:
  std::vector<double> values_;
};

}  // namespace catlog::bench
