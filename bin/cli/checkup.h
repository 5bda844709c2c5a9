#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bin/cli/overview.h"
#include "bin/cli/subcommand.h"
#include "events/error.h"

namespace catlog::cli {

// ok: nothing is to be done. warning: it gets worse by itself, or nobody looks after it. fault: something does not
// work.
enum class Health { ok, warning, fault };
std::string_view to_text(Health health);

// What was looked at, and how it is.
struct Finding {
  std::string about;  // a word: "disk"
  Health health = Health::ok;
  std::string words;                     // a sentence; of anything but ok also what to do
  events::Exit code = events::Exit::ok;  // what the same trouble ends a program with
};

class Findings {
 public:
  void ok(std::string about, std::string words) { all_.push_back({std::move(about), Health::ok, std::move(words)}); }
  void warn(std::string about, std::string words) {
    all_.push_back({std::move(about), Health::warning, std::move(words), events::Exit::refused});
  }
  void fault(std::string about, events::Exit code, std::string words) {
    all_.push_back({std::move(about), Health::fault, std::move(words), code});
  }
  const std::vector<Finding>& all() const { return all_; }
  // The code of the first fault; without one `refused` for a warning, else ok.
  events::Exit exit_code() const;

 private:
  std::vector<Finding> all_;
};

// Each looks at one side of a data directory, disturbs nobody, and says one sentence for each thing it looked at.

// Who runs, what they wait for, the clock.
void look_at_processes(const Settings& settings, const Overview& overview, Findings& findings);
// The log's growth, free pages and readers; owners and modes; the disk.
void look_at_files(const Settings& settings, const Overview& overview, Findings& findings);
// How old the backup in the directory is, or the newest of those in it; empty: nobody said where it is.
void look_at_backup(const Settings& settings, const Overview& overview, const std::filesystem::path& backup,
                    Findings& findings);
// The read model's lag, WAL, schema, free pages, and how the reports would be answered.
void look_at_read_model(const Settings& settings, const Overview& overview, Findings& findings);

}  // namespace catlog::cli
