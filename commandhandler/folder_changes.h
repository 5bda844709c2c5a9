#pragma once
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>

namespace catlog::commandhandler {

// Tells whoever has listed a folder when it is to be listed again: when its modification time says that somebody added
// or removed a file, and once more soon after that, for this time moves in steps of some milliseconds.
//
// Threads: one at a time.
class FolderChanges {
 public:
  explicit FolderChanges(std::filesystem::path directory) : directory_(std::move(directory)) {}
  // True at first, and for as long as there is no such folder. The caller lists it then.
  bool is_to_be_listed();
  // The caller makes a change: it lists the folder when it asks next.
  void forget() { listed_.reset(); }
  // The caller has made a change that it knows of: it need not list the folder for it.
  void made_one();

 private:
  std::filesystem::path directory_;
  std::optional<timespec> listed_;    // the folder's time then
  std::optional<time_t> list_again_;  // when that is to be listed once more
};

}  // namespace catlog::commandhandler
