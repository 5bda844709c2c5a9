#pragma once
#include <cstdint>
#include <filesystem>
#include <utility>

namespace catlog::store {

constexpr uint64_t almost_no_room_bytes = 4 << 20;

// The free space of the file system of `path`, for others than root; UINT64_MAX when it cannot be told.
uint64_t free_bytes(const std::filesystem::path& path);

// The free space for one who keeps a reserve and asks before each batch. Where far more than that is free the answer
// may be of a moment ago: to fill that in this moment somebody would have to write 50 GB a second, and one who takes as
// much at once can do so just behind an answer too. Near the reserve each answer is a new one. Threads: one.
class FreeSpace {
 public:
  static constexpr uint64_t far_above_bytes = uint64_t{1} << 30;
  static constexpr int64_t moment_us = 20'000;

  explicit FreeSpace(std::filesystem::path path) : path_(std::move(path)) {}
  // As free_bytes() says; far_above_bytes above the reserve, as it said moment_us ago or later. By a steady clock.
  uint64_t bytes(uint64_t reserve, int64_t steady_us);
  // The next answer is a new one: for who was told by the disk itself that there is no space.
  void forget() { until_us_ = INT64_MIN; }

 private:
  std::filesystem::path path_;
  uint64_t bytes_ = 0;
  int64_t until_us_ = INT64_MIN;
};

// Whether the file system of `path` has less than almost_no_room_bytes. A write that fails with less than that has
// failed for lack of space, whatever the error says: LMDB and SQLite turn short writes into EIO, and SQLite a file that
// could not be made into "unable to open". False when it cannot be told.
bool is_almost_full(const std::filesystem::path& path);

// Whether another file can be made in the directory, as far as room goes: false where its file system says that there
// is none, which with free bytes may be for want of inodes, of what it keeps for names, or of a quota; where it
// has no files without a name (O_TMPFILE), of inodes alone. Leaves nothing behind.
bool has_room_for_file(const std::filesystem::path& directory);

}  // namespace catlog::store
