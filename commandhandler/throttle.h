#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace catlog::commandhandler {

// How many bytes of commands each sender has had judged of late: a second's worth at once, and so many a second.
// Threads: one.
class Throttle {
 public:
  explicit Throttle(size_t bytes_per_second) : bytes_per_second_(static_cast<int64_t>(bytes_per_second)) {}
  // Takes a command of so many bytes; or, where its sender has had its share, how many milliseconds it is to wait.
  int64_t take(const std::string& sender, size_t bytes, int64_t steady_us);

 private:
  struct Share {
    int64_t left_bytes, at_us;  // less than none: a command may be longer than what is left
  };
  void forget(int64_t steady_us);
  int64_t bytes_per_second_;
  std::unordered_map<std::string, Share> shares_;
};

}  // namespace catlog::commandhandler
