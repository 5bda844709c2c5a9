#pragma once
#include <filesystem>
#include <string_view>

namespace catlog::projector {

// An exclusive lock on a file that is made when missing and holds the owner's process id. Freed when the object or its
// process goes.
class FileLock {
 public:
  // Throws Failure(held) naming `what` and the holder's process id when somebody has it, Failure(failure) when the
  // file cannot be made.
  FileLock(const std::filesystem::path& file, std::string_view what);
  ~FileLock();
  FileLock(const FileLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace catlog::projector
