#include "store/files/disk_space.h"

#include <sys/statvfs.h>

namespace catlog::store {

uint64_t free_bytes(const std::filesystem::path& path) {
  struct statvfs space {};
  if (::statvfs(path.c_str(), &space) != 0) return UINT64_MAX;
  return static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
}

bool is_almost_full(const std::filesystem::path& path) { return free_bytes(path) < almost_no_room_bytes; }

}  // namespace catlog::store
