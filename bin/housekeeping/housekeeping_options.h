#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bin/command_line.h"
#include "bin/housekeeping/commands.h"
#include "bin/housekeeping/keeper.h"
#include "bin/housekeeping/programs.h"
#include "store/log.h"

namespace catlog::housekeeping {

// What the configuration says. Times as Timetable::parse has them, or "off". What appends to the log, takes rows away,
// needs a place or costs much is off; what is on takes away only what can be made again and nobody asked for.
struct Options {
  std::string zone = "utc";
  std::string expire_tokens = "off", purge_audit = "off", backup = "off", verify = "off", optimize = "off";
  std::string tidy = "04:10";
  uint64_t audit_info_days = 0, audit_warning_days = 0, audit_error_days = 0, audit_critical_days = 0;  // 0: for ever
  std::filesystem::path backup_directory, backup_keys;
  uint64_t backup_copies = 2;
  uint64_t as_of_days = 14, generation_days = 30;
  std::filesystem::path catlog;  // empty: beside this program
  uint64_t limit_s = 6 * 3'600;  // of one program
};

// The options of the daemon that fill it. `options` is written by Parser::parse.
void add_options(Syntax syntax, Options& options);

// Throws Failure(usage) for a time that is none, or one without what it needs.
void check(const Options& options);

// All tasks, those that are off too. Throws as check(). Lifetime: what it refers to outlives the tasks.
std::vector<Chore> make_chores(const Options& options, Commands& commands, Programs& programs, const store::Log& log);

}  // namespace catlog::housekeeping
