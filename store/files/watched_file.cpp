#include "store/files/watched_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace catlog::store {

WatchedFile::WatchedFile(std::filesystem::path file) : file_(std::move(file)) {
  struct stat found {};
  if (::stat(file_.c_str(), &found) != 0) return;
  device_ = found.st_dev;
  number_ = found.st_ino;
}

// The number of an open file is not given to another one.
std::optional<std::string> WatchedFile::misplaced() const {
  if (number_ == 0) return {};
  struct stat found {};
  if (::stat(file_.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return fmt::format("{} was moved or removed", file_.string());
    return fmt::format("{} cannot be reached any more ({})", file_.string(), std::strerror(errno));
  }
  if (found.st_dev != device_ || found.st_ino != number_) return fmt::format("{} is another file now", file_.string());
  return {};
}

}  // namespace catlog::store
