#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace catlog::store {

// A new file that appears under its name whole and on the disk, or not at all: it is written as `<name>.new`. Mode
// 0600.
//
// Every function throws StorageFull where there is no room, Failure(failure) for everything else that the system
// refuses; then the object may only be destroyed, which removes what was written. Threads: one at a time.
class DurableFile {
 public:
  static constexpr std::string_view suffix = ".new";

  // `path` less its last part must be there.
  explicit DurableFile(std::filesystem::path path);
  DurableFile(const DurableFile&) = delete;
  ~DurableFile();

  void write(std::span<const std::byte> bytes);
  // Syncs, renames in place of any file of that name, and syncs the directory: from then on it survives a power cut.
  void publish();
  // The same under another name of the same directory.
  void publish_as(std::filesystem::path path);

 private:
  std::filesystem::path path_, fresh_;
  int fd_ = -1;
};

// All in one.
void write_durably(const std::filesystem::path& path, std::string_view bytes);

// A new, moved or removed name survives a power cut only once its directory is synced. Throws Failure(failure).
void sync_directory(const std::filesystem::path& directory);

}  // namespace catlog::store
