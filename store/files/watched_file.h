#pragma once
#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace catlog::store {

// A file that must stay under its name while it is used: what is written to one that was moved, removed or replaced
// (or whose directory was, or whose file system is mounted no more) is not found again under that name.
//
// Threads: any.
class WatchedFile {
 public:
  // Notes which file is there now; nothing is watched where there is none.
  explicit WatchedFile(std::filesystem::path file);
  // `opened` is what fstat says of the open file that must have this name.
  WatchedFile(std::filesystem::path file, const struct stat& opened)
      : file_(std::move(file)), device_(opened.st_dev), number_(opened.st_ino) {}
  // What happened to it, as words; nothing: it is in place. One stat.
  std::optional<std::string> misplaced() const;

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  dev_t device_ = 0;
  ino_t number_ = 0;  // 0: there was none
};

}  // namespace catlog::store
