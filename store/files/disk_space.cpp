#include "store/files/disk_space.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace catlog::store {

uint64_t free_bytes(const std::filesystem::path& path) {
  struct statvfs space {};
  if (::statvfs(path.c_str(), &space) != 0) return UINT64_MAX;
  return static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
}

uint64_t FreeSpace::bytes(uint64_t reserve, int64_t steady_us) {
  const bool is_far_above = bytes_ >= reserve && bytes_ - reserve >= far_above_bytes;
  if (!is_far_above || steady_us >= until_us_) {
    bytes_ = free_bytes(path_);
    until_us_ = steady_us + moment_us;
  }
  return bytes_;
}

bool is_almost_full(const std::filesystem::path& path) { return free_bytes(path) < almost_no_room_bytes; }

bool has_room_for_file(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);  // it gets no name
  if (fd >= 0) {
    ::close(fd);
    return true;
  }
  if (errno == ENOSPC || errno == EDQUOT) return false;
  if (errno != EOPNOTSUPP && errno != EISDIR) return true;
  // It has no files without a name. Where inodes are not counted there are 0, and 0 are left.
  struct statvfs space {};
  return ::statvfs(directory.c_str(), &space) != 0 || space.f_files == 0 || space.f_favail > 0;
}

}  // namespace catlog::store
