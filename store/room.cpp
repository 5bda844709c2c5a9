#include "store/room.h"

#include <sys/statvfs.h>

namespace catlog::store {

bool is_almost_full(const std::filesystem::path& path) {
  struct statvfs room;
  return ::statvfs(path.c_str(), &room) == 0 && room.f_bavail * room.f_frsize < almost_no_room_bytes;
}

}  // namespace catlog::store
