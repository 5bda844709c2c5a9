#pragma once
#include <filesystem>
#include <vector>

namespace catlog::projector {

// All that a directory has. Throws Failure(failure).
std::vector<std::filesystem::path> paths_in(const std::filesystem::path& directory);
// Removes a file; nothing when it is not there. Throws StorageFull (of file systems that want room for that),
// Failure(failure).
void remove_file(const std::filesystem::path& file);
// Removes a SQLite file with its WAL files, backups and what is noted of it (unsynced.h); nothing when it is not there.
// Throws as remove_file().
void remove_database(const std::filesystem::path& file);

// Removes copies of it that a migration which was killed has left (migrations.h). Only for whoever may migrate it.
void remove_unfinished_backups(const std::filesystem::path& file);

// A file that becomes `file` by a rename, or is thrown away, is built as "<file>.<process id>.building": builders do
// not meet, and what a killed one left is known by its process.

// The name for this process; what one that had its id before left there is removed.
std::filesystem::path own_building(const std::filesystem::path& file);
// Removes all that this process has under such names in the folder; for one that ends in the middle.
void remove_own_buildings(const std::filesystem::path& directory) noexcept;
// Remove what processes that are gone left in the folder, and what they left of this one file, as far as it can be
// removed.
void remove_all_abandoned(const std::filesystem::path& directory);
void remove_abandoned(const std::filesystem::path& file);

// A file that is being built; it goes with this object, unless it got another name.
class Building {
 public:
  explicit Building(std::filesystem::path file) : file_(std::move(file)) {}
  Building(const Building&) = delete;
  ~Building();  // what cannot be removed, the next build removes
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
};

}  // namespace catlog::projector
