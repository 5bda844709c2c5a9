#pragma once
#include <unistd.h>

#include <utility>

namespace catlog::events {

// Owns a file descriptor, or none where it is below 0. Threads: one at a time.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  ~Descriptor() { close(); }
  int get() const { return number_; }
  void close() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

}  // namespace catlog::events
