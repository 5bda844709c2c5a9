#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <thread>
#include <vector>

#include "store/log.h"
#include "tests/bench/load.h"

namespace catlog::bench {

constexpr std::chrono::microseconds watch_interval{250};  // the resolution of what is seen

// Looks at the read model's checkpoint and the log's head all the time, on connections of its own.
//
// Threads: its own beside the owner's. Lifetime: `log` outlives it.
class Watcher {
 public:
  Watcher(const std::filesystem::path& read_model, const store::Log& log);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  // Waits until the read model holds this position, then stops looking. Throws Failure(failure) when it takes too
  // long, and what looking threw.
  void finish_at(events::Position position, const Interrupt& interrupt);

  // After finish_at. From a command's sending until a reader of the read model could see it.
  std::vector<double> visible_us(const LoadResult& load) const;
  // Events that the log holds and the read model does not, at each look while commands were sent.
  std::vector<double> lag_events(const LoadResult& load) const;
  // Events a second that the projector applied from the first command to the last of their events.
  double projected_per_second(const LoadResult& load) const;

 private:
  struct Sample {
    int64_t at_ns;
    events::Position visible, head;
  };
  void watch(const std::filesystem::path& read_model);
  const Sample& first_with(events::Position position) const;

  const store::Log& log_;
  std::vector<Sample> samples_;  // the thread's until it is joined
  std::atomic<events::Position> visible_{0};
  std::atomic<bool> stopping_{false};
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace catlog::bench
