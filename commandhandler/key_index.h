#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "commandhandler/folder_changes.h"
#include "commandhandler/key_folder.h"

namespace catlog::commandhandler {

// Which keys a folder holds. The folder is listed once, and again when it has changed; so a user's key is found without
// looking through everybody's.
//
// Threads: one at a time.
class KeyIndex {
 public:
  explicit KeyIndex(const std::filesystem::path& directory) : folder_(directory), changes_(directory) {}

  // The id of the user's key (one of them, should there be several); nothing when there is none.
  std::optional<std::string> key_of(int64_t user_id);
  // Whose key has this id; nothing when there is none. Here and in key_of, the file may be gone by the time it is read.
  std::optional<KeyName> name_of(const std::string& key_id);
  // The caller made this file: it need not be looked for.
  void add(const KeyName& name);

 private:
  void refresh();

  KeyFolder folder_;
  FolderChanges changes_;
  std::unordered_map<int64_t, std::string> of_user_;
  std::unordered_map<std::string, int64_t> of_key_;
};

}  // namespace catlog::commandhandler
