#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "store/log.h"

namespace catlog::store {

// Called now and then with the last position that is done and the one to reach.
constexpr Position events_between_progress = 100'000;
using BackupProgress = std::function<void(Position done, Position total)>;

struct BackupOptions {
  // A segment ends with the command that reaches this; so a long run can be taken up again, and a check names a place.
  uint64_t segment_bytes = uint64_t{256} << 20;
  // Files of the data directory that are kept beside the log, under their names, when they are there:
  // "quarantine.json".
  std::vector<std::filesystem::path> files;
};

// What was written, or read, and what the backup holds now.
struct BackupResult {
  std::string log_id;
  Position from = 0, to = 0;  // from > to: nothing new
  uint64_t bytes = 0;
  size_t segments = 0;
  Digest root{};  // of the tree over all events up to `to`
};

// Brings the backup in `directory` (made when missing; empty, or a backup of this log) up to the log's present head.
// What it held already is not read again, but its files must be there in their lengths. The log may be written
// meanwhile: it is read by position in short snapshots, none of which outlives a copy in memory. What was written is
// read back from the disk and held against the log: framing, positions, digest, Merkle root.
//
// Durability: what the manifest names is on disk; each finished segment counts, so a run that ended early is taken up
// where it was. A first run that ended before its first segment was whole on disk leaves no manifest, so no backup.
// Throws Failure(held) while another run works there; Failure(usage) for a directory that holds something else, another
// log's backup or that of another history; Failure(damaged) when log or manifest are, or what was written reads back
// otherwise; StorageFull, Failure(failure): then the backup is as it was or some segments longer.
BackupResult back_up(const Log& log, const std::filesystem::path& directory, const BackupOptions& options,
                     const BackupProgress& progress = {});

// Reads a backup whole and holds all of it against its manifest. One of a log that was empty holds nothing: `to` is 0
// then. Throws Failure(damaged) that names the first file, and
// the position where there is one, that is wrong; Failure(usage) when there is none.
BackupResult verify_backup(const std::filesystem::path& directory, const BackupProgress& progress = {});

}  // namespace catlog::store
