#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace catlog::events {

// What one loop writes down of its work, and anybody may read at any time: without a lock, without waiting, and without
// an order among several of them.

// Only grows. Threads: any.
class Counter {
 public:
  void add(uint64_t count = 1) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// How something is now. Threads: any.
class Gauge {
 public:
  void set(uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  // One that never falls.
  void raise(uint64_t value) noexcept {
    if (value > read()) set(value);
  }
  uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// How often values were at most each of some bounds. Threads: any.
class Histogram {
 public:
  static constexpr size_t max_bounds = 16;

  // `bounds`: ascending, at most max_bounds, and alive as long as this.
  explicit Histogram(std::span<const double> bounds) noexcept
      : bounds_(bounds.first(std::min(bounds.size(), max_bounds))) {}

  void observe(double value) noexcept {
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<size_t>(at)].add();
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  struct Reading {
    std::vector<uint64_t> at_most;  // one for each bound: how many values were at most this
    uint64_t count = 0;             // of all values
    double sum = 0;                 // of about these
  };
  Reading read() const {
    Reading reading;
    for (size_t at = 0; at <= bounds_.size(); ++at) {
      reading.count += counts_[at].read();
      if (at < bounds_.size()) reading.at_most.push_back(reading.count);
    }
    reading.sum = sum_.load(std::memory_order_relaxed);
    return reading;
  }
  std::span<const double> bounds() const noexcept { return bounds_; }

 private:
  std::span<const double> bounds_;
  std::array<Counter, max_bounds + 1> counts_;
  std::atomic<double> sum_ = 0;
};

// From then on until now.
inline double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

// Bounds of how long something took that waits for a disk, in seconds; and of how many there were.
inline constexpr double duration_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                             0.25,   0.5,   1,      2.5,   5,    10,    30};
inline constexpr double count_bounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024, 4'096, 16'384, 65'536};

}  // namespace catlog::events
