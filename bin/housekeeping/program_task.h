#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bin/housekeeping/programs.h"
#include "bin/housekeeping/task.h"

namespace catlog::housekeeping {

// A subcommand of `catlog` as it is: verify, optimize, tidy.
class ProgramTask : public Task {
 public:
  // `name`: a literal. Lifetime: `programs` outlives it.
  ProgramTask(const char* name, Programs& programs, std::vector<std::string> arguments)
      : name_(name), programs_(programs), arguments_(std::move(arguments)) {}
  const char* name() const override { return name_; }
  Outcome run(int64_t) override { return programs_.run(arguments_); }

 private:
  const char* name_;
  Programs& programs_;
  std::vector<std::string> arguments_;
};

}  // namespace catlog::housekeeping
