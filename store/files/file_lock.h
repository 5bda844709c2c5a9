#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "store/files/own_file.h"
#include "store/files/watched_file.h"

namespace catlog::store {

// Makes this process the only one in a role, until the object or the process goes: an fcntl lock of the open
// file (F_OFD_SETLK) on a file that holds the process id. Every exclusive role in a data directory is one of these.
class FileLock {
 public:
  enum class IfHeld { fail, wait };

  // Makes the file and its directory when missing (own_file.h). `role` says what is held: "the log's writer". Throws
  // Failure(held) that names the role and the holder's process id, Failure(failure) when the file cannot be made. wait:
  // for work that is short, waits until the holder lets go instead.
  FileLock(const std::filesystem::path& file, const std::string& role, IfHeld if_held = IfHeld::fail);
  FileLock(const FileLock&) = delete;

  // Why the lock's file is not in its place any more: another process could take the role. Nothing: it is.
  std::optional<std::string> misplaced() const { return watched_->misplaced(); }

  // The process id of whoever holds the lock of this file (empty text: it is not written yet); nothing when nobody
  // does. Only asks: it is in nobody's way.
  static std::optional<std::string> holder(const std::filesystem::path& file);

 private:
  OwnFile file_;
  std::optional<WatchedFile> watched_;
};

}  // namespace catlog::store
