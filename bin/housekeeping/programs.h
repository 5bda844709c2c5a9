#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "bin/housekeeping/task.h"
#include "events/bus/bus.h"

namespace catlog::housekeeping {

// Runs `catlog` as an operator would type it.
class Programs {
 public:
  Programs() = default;
  Programs(const Programs&) = delete;
  virtual ~Programs() = default;
  // `arguments`: behind `catlog --data DIR`. done: it ended with 0. failed: the words say how it ended, and its last
  // lines. stopped: the daemon stops.
  virtual Outcome run(const std::vector<std::string>& arguments) = 0;
};

// Where it is: beside the program that runs.
std::filesystem::path program_beside(const char* name);

// Children of this process, at the lowest priority: what a damaged page does to one it does not do to the daemon, and
// what one has in memory goes with it. Whatever ends one, its group of processes ends with it: the stop at once, the
// limit of time, and the end of the thread that runs it.
//
// Lifetime: `stop` outlives it. Threads: one at a time.
class ChildPrograms : public Programs {
 public:
  // `program`: catlog's path.
  ChildPrograms(std::filesystem::path program, std::filesystem::path data, std::chrono::milliseconds limit,
                const events::Stop& stop)
      : program_(std::move(program)), data_(std::move(data)), limit_(limit), stop_(stop) {}
  Outcome run(const std::vector<std::string>& arguments) override;

 private:
  std::filesystem::path program_, data_;
  std::chrono::milliseconds limit_;
  const events::Stop& stop_;
};

}  // namespace catlog::housekeeping
