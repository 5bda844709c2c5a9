#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "projector/quarantine/quarantine.h"
#include "projector/rebuild/rebuild.h"
#include "store/files/own_file.h"
#include "store/log.h"

namespace catlog::projector {

constexpr size_t as_of_files_kept = 8;
constexpr uint64_t as_of_bytes_kept = uint64_t{4} << 30;
constexpr uint64_t part_of_disk_kept = 4;  // and at most a fourth of what they and the free space are together

// An event that is applied in order costs about as much as so many that are folded: a file is made of an earlier one
// when at most this part of the log's events up to it lie between them.
constexpr Position cost_in_order = 4;

// The last end of a command at or before `position`, which is at most the head; 0: there is none.
Position command_end_before(const store::Log& log, Position position);

// A kept file, which nobody removes as long as this object lives. Move only.
class KeptFile {
 public:
  // Nothing when the file is not there, or was removed meanwhile. Throws Failure(failure).
  static std::optional<KeptFile> hold(const std::filesystem::path& file);
  const std::filesystem::path& path() const { return path_; }

 private:
  KeptFile(std::filesystem::path path, store::OwnFile file) : path_(std::move(path)), file_(std::move(file)) {}
  std::filesystem::path path_;
  store::OwnFile file_;  // locked, shared
};

struct Removal {
  size_t files = 0;                  // that were whole, and are gone
  std::vector<std::string> refused;  // a sentence for each that cannot be removed
};

// Read models as they stood, each a file of its own, kept so that a second question about the same position is answered
// at once, and one about a later position is answered soon: it is made of the nearest earlier file, where that is near
// enough. The name of a file says all that its rows follow from: log, position, the Merkle root there (another log may
// have the id, after a restore), schema and quarantined events.
//
// The files that were used last stay: at most as_of_files_kept of them, at most as_of_bytes_kept bytes, and part of the
// disk; beyond that one stays only as long as somebody holds it. Threads: any number of processes; each builds under a
// name of its own.
class AsOfCache {
 public:
  explicit AsOfCache(std::filesystem::path directory) : directory_(std::move(directory)) {}
  // Whether files can be made there; makes the folder.
  bool is_writable() const;
  const std::filesystem::path& directory() const { return directory_; }
  // The file as of the last command that ended at or before `position`; builds it when it is not there. Throws as
  // build_file.
  KeptFile file(const store::Log& log, const Quarantine& quarantine, Position position,
                const Progress& progress = {}) const;
  // Removes files that nobody has asked for since this moment (microseconds UTC) and nobody holds, and what builders
  // that are gone left.
  Removal remove_unused(int64_t since_us) const;

 private:
  std::optional<KeptFile> nearest(const store::Log& log, const Quarantine& quarantine, Position position) const;
  void make(const store::Log& log, const Quarantine& quarantine, const std::filesystem::path& file, Position position,
            const Progress& progress) const;
  void make_room(const std::filesystem::path& used) const;
  std::filesystem::path directory_;
};

}  // namespace catlog::projector
