#pragma once
#include <cstdint>
#include <string>

namespace catlog::housekeeping {

// How a run ended. stopped: it was told to end before it was done, which is no failure and counts as no run.
enum class End { done, unfinished, failed, stopped };

struct Outcome {
  End end = End::done;
  std::string words;  // what was done, or why not and what to do: one sentence, from whatever source
};

// One kind of work. Threads: one at a time.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  virtual ~Task() = default;
  // As the configuration, `status` and the metrics have it: "backup". A literal.
  virtual const char* name() const = 0;
  // Does it, as of `now`, microseconds UTC. May take long, and ends soon when what it was made with says that the
  // daemon stops. What it throws counts as a failure, with its words.
  virtual Outcome run(int64_t now_us) = 0;
};

}  // namespace catlog::housekeeping
