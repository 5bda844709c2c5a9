#pragma once
#include <cstddef>
#include <filesystem>

#include "store/log.h"
#include "tests/bench/process.h"

namespace catlog::bench {

constexpr size_t long_log_streams = 10'000;

enum class Projected { state, state_and_read_model };

// A data directory with a long log, as catlogd would have left it: so many movies with the tmdbIds 1, 2, .., and then
// ratings of any of them. Its decision state, and its read model if it has one, stand at the head.
//
// The events are written straight into the log, in large commits, because deciding ten million commands would take
// longer than what is to be measured. Threads: one at a time.
class LongLog {
 public:
  // Makes it. Throws Failure(failure).
  LongLog(const std::filesystem::path& data_directory, size_t streams, events::Position events, Projected projected,
          const Interrupt& interrupt);
  const std::filesystem::path& data() const { return data_; }

 private:
  void fold(store::Log& log);

  std::filesystem::path data_;
};

}  // namespace catlog::bench
