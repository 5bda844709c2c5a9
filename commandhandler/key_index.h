#pragma once
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "commandhandler/key_folder.h"

namespace catlog::commandhandler {

// Which keys a folder holds. The folder is listed once, and again when its
// modification time says that somebody added or removed a file; so a user's key is found without looking through
// everybody's.
//
// Threads: one at a time.
class KeyIndex {
 public:
  explicit KeyIndex(std::filesystem::path directory) : directory_(std::move(directory)), folder_(directory_) {}

  // The id of the user's key (one of them, should there be several); nothing when there is none.
  std::optional<std::string> key_of(int64_t user_id);
  // Whose key has this id; nothing when there is none. Here and in key_of, the file may be gone by the time it is read.
  std::optional<KeyName> name_of(const std::string& key_id);
  // The caller made this file: it need not be looked for.
  void add(const KeyName& name);

 private:
  void refresh();
  void list();

  std::filesystem::path directory_;
  KeyFolder folder_;
  std::optional<timespec> listed_;    // the folder's time then
  std::optional<time_t> list_again_;  // when that is to be listed once more
  std::unordered_map<int64_t, std::string> of_user_;
  std::unordered_map<std::string, int64_t> of_key_;
};

}  // namespace catlog::commandhandler
