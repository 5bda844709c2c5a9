#include "commandhandler/key_index.h"

#include <sys/stat.h>

#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace catlog::commandhandler {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_start = "user-", name_end = ".key";
constexpr size_t key_id_digits = 16;
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

fs::path KeyIndex::file_of(int64_t user_id, const std::string& key_id) const {
  return directory_ / fmt::format("{}{}-{}{}", name_start, user_id, key_id, name_end);
}

std::optional<std::string> KeyIndex::key_of(int64_t user_id) {
  refresh();
  const auto found = of_user_.find(user_id);
  if (found == of_user_.end()) return {};
  return found->second;
}

std::optional<fs::path> KeyIndex::file_of(const std::string& key_id) {
  refresh();
  const auto found = of_key_.find(key_id);
  if (found == of_key_.end()) return {};
  return file_of(found->second, key_id);
}

void KeyIndex::add(int64_t user_id, const std::string& key_id) {
  of_user_.try_emplace(user_id, key_id);
  of_key_.try_emplace(key_id, user_id);
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
  std::error_code missing;  // as long as there is no key
  for (const auto& entry : fs::directory_iterator(directory_, missing)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(name_start) || !name.ends_with(name_end)) continue;
    const std::string_view middle =
        std::string_view(name).substr(name_start.size(), name.size() - name_start.size() - name_end.size());
    int64_t user_id = 0;
    const auto [stop, error] = std::from_chars(middle.data(), middle.data() + middle.size(), user_id);
    const std::string_view rest = middle.substr(static_cast<size_t>(stop - middle.data()));
    if (error != std::errc() || rest.size() != 1 + key_id_digits || rest.front() != '-') continue;
    of_user_.try_emplace(user_id, rest.substr(1));
    of_key_.try_emplace(std::string(rest.substr(1)), user_id);
  }
}

}  // namespace catlog::commandhandler
