#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "events/data_directory.h"

namespace catlog::commandhandler {

// The file run/known-time: the latest time that a handler believed. Events of a wrong clock in the log do not move it,
// nor does a second start with the same wrong clock.
//
// Threads: one at a time.
class TimeNote {
 public:
  explicit TimeNote(const events::DataDirectory& data) : file_(data.run() / "known-time") {}

  // What is kept, microseconds UTC; nothing when there is no such file, or it cannot be read.
  std::optional<int64_t> read() const;
  // Keeps it, to the hour. Where that fails a later start knows an earlier time, which only makes it more careful.
  void keep(int64_t us);

 private:
  std::filesystem::path file_;
  int64_t kept_us_ = -1;
};

}  // namespace catlog::commandhandler
