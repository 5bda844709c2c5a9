#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bin/housekeeping/counters.h"
#include "bin/housekeeping/record.h"
#include "bin/housekeeping/task.h"

namespace catlog::housekeeping {

// A task, and when it runs; no timetable: never.
struct Chore {
  std::unique_ptr<Task> task;
  std::optional<Timetable> timetable;
};

// What is told to the daemon's log: the first failure of a row, and the success that ends it.
struct Tell {
  std::function<void(const std::string&)> warn = [](const std::string&) {};
  std::function<void(const std::string&)> info = [](const std::string&) {};
};

// Runs tasks when they are due, and keeps the record of them. Time is an argument: nothing here looks at a clock but to
// say how long a run took.
//
// Threads: one at a time; counters() from any.
class Keeper {
 public:
  // Goes on from the record in `file`. What that says of a task whose timetable is another one now counts as history
  // all the same.
  Keeper(std::filesystem::path file, std::vector<Chore> chores, int64_t now_us, Tell tell);
  Keeper(const Keeper&) = delete;

  // Runs the task that has been due for the longest time, if one is. Returns when the next one is due, which may have
  // passed; nothing: none ever is. Throws nothing that a task or the record's file throws.
  std::optional<int64_t> look(int64_t now_us);

  const Record& record() const { return record_; }
  const std::vector<std::unique_ptr<TaskCounters>>& counters() const { return counters_; }

 private:
  void begin(const Record& known, size_t number, int64_t now_us);
  std::optional<size_t> most_due() const;
  void believe(int64_t now_us);
  void run(size_t number, int64_t now_us);
  void note(size_t number, const Outcome& outcome, int64_t now_us);
  void schedule(size_t number);
  void keep();

  std::filesystem::path file_;
  std::vector<Chore> chores_;
  Tell tell_;
  Record record_;   // one for each chore
  Record written_;  // what the file holds
  bool is_file_told_ = false;
  std::vector<std::unique_ptr<TaskCounters>> counters_;
};

}  // namespace catlog::housekeeping
