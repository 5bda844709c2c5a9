#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "projector/quarantine/quarantine.h"
#include "store/log.h"

namespace catlog::projector {

constexpr size_t as_of_files_kept = 8;
constexpr uint64_t as_of_bytes_kept = uint64_t{4} << 30;

// The last end of a command at or before `position`, which is at most the head; 0: there is none.
Position command_end_before(const store::Log& log, Position position);

// Read models as they stood, each a file of its own, kept so that a second question about the same position is answered
// at once. The name of a file says all that its rows follow from: log, position, the Merkle root there (another log may
// have the id, after a restore), schema and quarantined events.
//
// The files that were used last stay: at most as_of_files_kept of them, and at most as_of_bytes_kept bytes. One that
// was used in the last ten minutes always stays, so that nobody's file goes between asking for it and opening it. Once
// it is open it can be read to the end. Threads: any number of processes; each builds under a name of its own.
class AsOfCache {
 public:
  explicit AsOfCache(std::filesystem::path directory) : directory_(std::move(directory)) {}
  // Whether files can be made there; makes the folder.
  bool is_writable() const;
  // The file as of the last command that ended at or before `position`; builds it when it is not there. Throws as
  // build_file.
  std::filesystem::path file(const store::Log& log, const Quarantine& quarantine, Position position) const;

 private:
  void make_room(const std::filesystem::path& used) const;
  std::filesystem::path directory_;
};

}  // namespace catlog::projector
