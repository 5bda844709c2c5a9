#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bin/housekeeping/programs.h"
#include "bin/housekeeping/task.h"
#include "store/log.h"

namespace catlog::housekeeping {

// The backups of a log in one directory, each a whole backup (store/FORMAT.md, "A backup") in a folder
// catlog-20261128T023000Z, by the time of its first run; other names are left alone. A log only grows, so the newest of
// them holds every moment; there are several so that one that is damaged, or was written half, is not the last. They
// are used in turns: each run brings the one that is furthest behind up to now.
struct BackupFolders {
  std::vector<std::filesystem::path> usable;  // that this log goes on from, the furthest behind first
  size_t of_others = 0;                       // of another log, or of another history of this one: left alone
  std::vector<std::string> faults;            // of those that cannot be told, a sentence each
};
BackupFolders look_at_backups(const std::filesystem::path& directory, const store::Log& log);

struct BackupOptions {
  std::filesystem::path directory;  // must be there: it may be a mount point
  size_t copies = 2;
  std::filesystem::path keys;  // where key files are copied to; empty: they are left out
};

// Makes a backup, and reads it back whole. A copy that fails holds up none of the others: the next one is brought up to
// now instead. The run counts as failed all the same, and each one after it, until that copy is whole or is gone.
class BackUp : public Task {
 public:
  // Lifetime: `programs` and `log` outlive it.
  BackUp(Programs& programs, const store::Log& log, BackupOptions options)
      : programs_(programs), log_(log), options_(std::move(options)) {}
  const char* name() const override { return "backup"; }
  Outcome run(int64_t now_us) override;

 private:
  Outcome bring_up_to_now(const std::filesystem::path& folder);
  Programs& programs_;
  const store::Log& log_;
  BackupOptions options_;
  std::map<std::filesystem::path, std::string> failed_;  // copies that failed last, and why
};

}  // namespace catlog::housekeeping
