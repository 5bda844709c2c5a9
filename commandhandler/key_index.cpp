#include "commandhandler/key_index.h"

#include <sys/stat.h>

#include <system_error>

namespace catlog::commandhandler {
namespace {

namespace fs = std::filesystem;

constexpr time_t settled_after_s = 2;

std::optional<timespec> time_of(const fs::path& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return {};
  return found.st_mtim;
}

bool is_same(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

std::optional<std::string> KeyIndex::key_of(int64_t user_id) {
  refresh();
  const auto found = of_user_.find(user_id);
  if (found == of_user_.end()) return {};
  return found->second;
}

std::optional<KeyName> KeyIndex::name_of(const std::string& key_id) {
  refresh();
  const auto found = of_key_.find(key_id);
  if (found == of_key_.end()) return {};
  return KeyName{found->second, key_id};
}

void KeyIndex::add(const KeyName& name) {
  of_user_.try_emplace(name.user_id, name.id);
  of_key_.try_emplace(name.id, name.user_id);
  // The file is why the folder's time is another one now.
  if (listed_) listed_ = time_of(directory_);
}

// A file that somebody adds while the folder's time stands still (it moves by some milliseconds) would not be seen, so
// what was changed a moment ago is listed once more.
void KeyIndex::refresh() {
  const auto time = time_of(directory_);
  const bool is_as_listed = time && listed_ && is_same(*time, *listed_);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (is_as_listed && (!list_again_ || now.tv_sec < *list_again_)) return;
  list();
  listed_ = time;
  list_again_.reset();
  if (!is_as_listed && time && now.tv_sec - time->tv_sec < settled_after_s) list_again_ = now.tv_sec + settled_after_s;
}

void KeyIndex::list() {
  of_user_.clear();
  of_key_.clear();
  for (const auto& [user_id, id] : folder_.list().keys) {
    of_user_.try_emplace(user_id, id);
    of_key_.try_emplace(id, user_id);
  }
}

}  // namespace catlog::commandhandler
