#include "commandhandler/folder_changes.h"

#include <sys/stat.h>

namespace catlog::commandhandler {
namespace {

constexpr time_t settled_after_s = 2;

std::optional<timespec> time_of(const std::filesystem::path& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return {};
  return found.st_mtim;
}

bool is_same(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

// A file that somebody adds while the folder's time stands still would not be seen, so what was changed a moment ago is
// listed once more.
bool FolderChanges::is_to_be_listed() {
  const auto time = time_of(directory_);
  const bool is_as_listed = time && listed_ && is_same(*time, *listed_);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (is_as_listed && (!list_again_ || now.tv_sec < *list_again_)) return false;
  listed_ = time;
  list_again_.reset();
  if (!is_as_listed && time && now.tv_sec - time->tv_sec < settled_after_s) list_again_ = now.tv_sec + settled_after_s;
  return true;
}

void FolderChanges::made_one() {
  if (listed_) listed_ = time_of(directory_);
}

}  // namespace catlog::commandhandler
