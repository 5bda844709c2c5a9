#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "commandhandler/key_folder.h"

namespace catlog::nodes {

// Which sealing keys a folder holds, and which were destroyed, listed again when the folder has changed, and now and
// then in any case. Threads: one at a time.
class KnownKeys {
 public:
  explicit KnownKeys(std::filesystem::path directory) : directory_(std::move(directory)), folder_(directory_) {}
  const commandhandler::KeyFolder& folder() const { return folder_; }
  const commandhandler::KeyFolder::Names& names();
  // Of their names, in hex: two folders with the same digest have the same keys.
  const std::string& digest();

 private:
  void look();

  std::filesystem::path directory_;
  commandhandler::KeyFolder folder_;
  commandhandler::KeyFolder::Names names_;
  std::string digest_;
  std::filesystem::file_time_type listed_{};
  size_t looks_left_ = 0;  // until it is listed in any case
};

// Names as nodes tell them: a line each, "key NAME" or "destroyed NAME".
std::string to_lines(const commandhandler::KeyFolder::Names& names);
// Lines that are none say nothing.
commandhandler::KeyFolder::Names parse_lines(std::string_view text);

}  // namespace catlog::nodes
