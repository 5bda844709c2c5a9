#pragma once
#include <filesystem>
#include <random>
#include <vector>

#include "store/log.h"
#include "tests/bench/process.h"

namespace catlog::bench {

constexpr size_t long_log_streams = 10'000;

// A data directory with a long log, as catlogd would have left it: so many movies, and then ratings of any of them. Its
// decision state and its read model stand at the head.
//
// The movies are decided; the ratings are written straight into the log, in large commits, because deciding ten
// million commands would take longer than what is to be measured. Threads: one at a time.
class LongLog {
 public:
  // Makes it. Throws Failure(failure).
  LongLog(const std::filesystem::path& data_directory, events::Position events, const Interrupt& interrupt);
  const std::filesystem::path& data() const { return data_; }

 private:
  void put_movies(const Interrupt& interrupt);
  void rate_movies(store::Log& log, events::Position events, const Interrupt& interrupt);
  void project(store::Log& log);

  std::filesystem::path data_;
};

}  // namespace catlog::bench
