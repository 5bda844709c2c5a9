#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "commandhandler/folder_changes.h"
#include "commandhandler/key_folder.h"

namespace catlog::nodes {

// Which sealing keys a folder holds, and which were destroyed, listed again when the folder has changed. Threads: one
// at a time.
class KnownKeys {
 public:
  explicit KnownKeys(const std::filesystem::path& directory) : folder_(directory), changes_(directory) {}
  const commandhandler::KeyFolder& folder() const { return folder_; }
  const commandhandler::KeyFolder::Names& names();
  // Of their names, in hex: two folders with the same digest have the same keys.
  const std::string& digest();
  // The caller changes the folder: it is listed again when it is asked for next.
  void forget() { changes_.forget(); }

 private:
  void look();

  commandhandler::KeyFolder folder_;
  commandhandler::FolderChanges changes_;
  commandhandler::KeyFolder::Names names_;
  std::string digest_;
};

// Names as nodes tell them: a line each, "key NAME" or "destroyed NAME".
std::string to_lines(const commandhandler::KeyFolder::Names& names);
// Lines that are none say nothing.
commandhandler::KeyFolder::Names parse_lines(std::string_view text);

}  // namespace catlog::nodes
