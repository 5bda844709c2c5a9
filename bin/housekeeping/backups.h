#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bin/housekeeping/programs.h"
#include "bin/housekeeping/task.h"
#include "store/log.h"

namespace catlog::housekeeping {

// The backups of a log in one directory, each a whole backup (store/FORMAT.md, "A backup") in a folder
// catlog-<time of its first run>. A log only grows, so the newest of them holds every moment; there are several so that
// one that is damaged, or was written half, is not the last. They are used in turns: each run brings the one that is
// furthest behind up to now.
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

// Makes a backup, and reads it back whole.
class BackUp : public Task {
 public:
  // Lifetime: `programs` and `log` outlive it.
  BackUp(Programs& programs, const store::Log& log, BackupOptions options)
      : programs_(programs), log_(log), options_(std::move(options)) {}
  const char* name() const override { return "backup"; }
  Outcome run(int64_t now_us) override;

 private:
  Programs& programs_;
  const store::Log& log_;
  BackupOptions options_;
};

}  // namespace catlog::housekeeping
