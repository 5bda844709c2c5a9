#include "store/files/watched_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>

namespace catlog::store {

namespace {

std::expected<FileSeen, int> see(int directory, const char* name, int flags) {
  struct statx found {};
  if (::statx(directory, name, flags, STATX_INO | STATX_SIZE, &found) != 0) return std::unexpected(errno);
  return FileSeen{::makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino, found.stx_size};
}

}  // namespace

std::expected<FileSeen, int> see_file(const std::filesystem::path& file) { return see(AT_FDCWD, file.c_str(), 0); }

std::expected<FileSeen, int> see_file(int fd) { return see(fd, "", AT_EMPTY_PATH); }

WatchedFile::WatchedFile(std::filesystem::path file) : file_(std::move(file)) {
  const auto found = see_file(file_);
  if (!found) return;
  device_ = found->device;
  number_ = found->number;
}

// The number of an open file is not given to another one.
std::optional<std::string> WatchedFile::misplaced() const {
  if (number_ == 0) return {};
  const auto found = see_file(file_);
  if (!found) {
    if (found.error() == ENOENT || found.error() == ENOTDIR)
      return fmt::format("{} was moved or removed", file_.string());
    return fmt::format("{} cannot be reached any more ({})", file_.string(), std::strerror(found.error()));
  }
  if (found->device != device_ || found->number != number_)
    return fmt::format("{} is another file now", file_.string());
  return {};
}

}  // namespace catlog::store
