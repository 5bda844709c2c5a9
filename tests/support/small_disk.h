#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace catlog::tests {

// A file system of a few megabytes in memory, mounted over an empty directory in a mount namespace of this process: it
// goes with this object, and with the process whatever happens to it. Programs that are started meanwhile see it.
class SmallDisk {
 public:
  // Nothing, and a test message that says why, when none can be mounted here. Call it while the process has one thread.
  static std::unique_ptr<SmallDisk> mount(const std::filesystem::path& directory, uint64_t bytes);
  SmallDisk(const SmallDisk&) = delete;
  ~SmallDisk();

  uint64_t free_bytes() const;
  // Fills it with a file until no more than this is free.
  void fill(uint64_t leave_bytes);
  // Removes that file.
  void make_room();

 private:
  explicit SmallDisk(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
};

}  // namespace catlog::tests
