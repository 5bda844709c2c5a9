#pragma once
#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace catlog::store {

// Which file it is, and how long.
struct FileSeen {
  dev_t device = 0;
  ino_t number = 0;
  uint64_t bytes = 0;
};

// Of the file of this name, or that is open; else the system's error. It does not ask for the file's times, as stat()
// does: since Linux 6.13 what is written next would then get a time of its own, which some file systems write with the
// next fdatasync, one block more (decision 110).
std::expected<FileSeen, int> see_file(const std::filesystem::path& file);
std::expected<FileSeen, int> see_file(int fd);

// A file that must stay under its name while it is used: what is written to one that was moved, removed or replaced
// (or whose directory was, or whose file system is mounted no more) is not found again under that name.
//
// Threads: any.
class WatchedFile {
 public:
  // Notes which file is there now; nothing is watched where there is none.
  explicit WatchedFile(std::filesystem::path file);
  // `opened` is the open file that must have this name.
  WatchedFile(std::filesystem::path file, const FileSeen& opened)
      : file_(std::move(file)), device_(opened.device), number_(opened.number) {}
  // What happened to it, as words; nothing: it is in place. One call.
  std::optional<std::string> misplaced() const;

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  dev_t device_ = 0;
  ino_t number_ = 0;  // 0: there was none
};

}  // namespace catlog::store
