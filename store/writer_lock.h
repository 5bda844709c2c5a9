#pragma once
#include <filesystem>

// Private to this room.
namespace catlog::store {

// Makes this process the only writer of a directory, until it ends: a flock on the file `writer.lock`, which holds the
// process id.
class WriterLock {
 public:
  // Creates the directory and the file when missing. Throws Failure(held), naming the holder's process id;
  // Failure(failure).
  explicit WriterLock(const std::filesystem::path& directory);
  WriterLock(const WriterLock&) = delete;
  ~WriterLock();

 private:
  int fd_ = -1;
};

}  // namespace catlog::store
