#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "store/files/own_file.h"

namespace catlog::store {

// A new file of ours (own_file.h) that appears under its name whole, or not at all: it is written as `<name>.new`.
// When syncing the directory fails, which is thrown, the new name may be there, and may be gone again after a power
// cut.
//
// Every function throws StorageFull where the disk is full, Failure(failure) for everything else that the system
// refuses; then the object may only be destroyed, which removes what was written. Threads: one at a time.
class DurableFile {
 public:
  static constexpr std::string_view suffix = ".new";

  // The directory of `path` must be there.
  explicit DurableFile(std::filesystem::path path, mode_t mode = private_file);
  DurableFile(const DurableFile&) = delete;
  ~DurableFile();

  // Where it is until it is published.
  const std::filesystem::path& fresh() const { return fresh_; }
  void write(std::span<const std::byte> bytes);
  // What was written is on disk, under the name that it has until it is published.
  void sync();
  // Syncs, renames in place of any file of that name, and syncs the directory: from then on it survives a power cut.
  void publish();
  // The same under another name of the same directory.
  void publish_as(std::filesystem::path path);

 private:
  std::filesystem::path path_, fresh_;
  OwnFile file_;
  bool is_synced_ = false;
};

// Writes and publishes a DurableFile of these bytes.
void write_durably(const std::filesystem::path& path, std::string_view bytes, mode_t mode = private_file);

// Makes the directory (with this mode, less the process's umask), and those above it, where they are missing; each name
// survives a power cut. Whoever owns the one above owns it when root makes it, and it is of that one's group where this
// user may give it. Throws StorageFull, Failure(failure).
void make_directories(const std::filesystem::path& directory, mode_t mode = shared_directory);

// Gives a file another name of the same file system, in place of any file of that name; makes a symbolic link that says
// `target`. Neither syncs the directory. Throw StorageFull, Failure(failure).
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
void make_link(const std::filesystem::path& target, const std::filesystem::path& link);

// Syncs what is in a file, or the names in a directory: a new, moved or removed name survives a power cut only once its
// directory is synced. Throws StorageFull, Failure(failure).
void sync_path(const std::filesystem::path& path);

}  // namespace catlog::store
