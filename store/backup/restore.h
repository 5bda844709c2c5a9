#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/backup/backup.h"
#include "store/backup/manifest.h"
#include "store/files/file_lock.h"

namespace catlog::store {

// Whose log the restored one is. as_backup: the backup's, with its id, if all of the backup is restored; else another.
enum class Identity { as_backup, new_log };

// How far a log is restored: up to the last command that ends at or before `position`, or that was recorded by
// `recorded_by_us` (microseconds since 1970 UTC); with neither, all of it.
struct RestoreTarget {
  std::optional<Position> position;
  std::optional<int64_t> recorded_by_us;
  Identity identity = Identity::as_backup;
};

struct Restored {
  LogIdentity identity;
  TreeHead head;
};

// What log/ is called while it is being restored.
constexpr const char* log_being_restored = "log.restoring";
// An empty file in a data directory that says there never was a log there: catlogd begins one, a restore brings one.
constexpr const char* begin_sign = "begin-new-log";

// Makes log/ in a data directory that has none. In steps, so that what belongs beside the log is there before it:
// build, then the caller's files, then publish. Without publish there is no log/, and the next restore begins anew.
//
// A log that ends before its backup gets a new random id and says what it was forked from: its later positions will
// hold other events, so whatever names the old id must not go on with it. Threads: one at a time.
class Restore {
 public:
  // A data directory may be missing, or hold nothing but run/, keys/, housekeeping.json, `files` and what an
  // interrupted restore left. Throws Failure(usage) when there is anything else in it, or no backup; Failure(held)
  // while another restore works there; Failure(damaged) for the backup's manifest; Failure(failure).
  Restore(std::filesystem::path backup, std::filesystem::path data_directory);
  Restore(const Restore&) = delete;
  ~Restore();

  const Manifest& manifest() const { return manifest_; }
  // The log under another name: every record is held against the backup on its way, and read once more from the log
  // when it is whole. Throws Failure(usage) for a position beyond the backup or a time before its first command,
  // Failure(damaged) that names the backup's file and position, StorageFull, Failure(failure).
  Restored build(const RestoreTarget& target, const BackupProgress& progress = {});
  // A file that the backup keeps beside the log, as it was when this object was made; nothing when the backup keeps
  // none of that name.
  std::optional<std::string> kept(std::string_view name) const;
  // Puts the log in its place; when this returns it survives a power cut. Throws Failure(failure).
  void publish();

 private:
  void check_data_directory() const;
  Position copy(Log& log, const RestoreTarget& target, const BackupProgress& progress) const;

  std::filesystem::path backup_, data_;
  Manifest manifest_;
  std::vector<std::string> kept_;  // contents of manifest_.files
  std::optional<FileLock> lock_;
};

}  // namespace catlog::store
