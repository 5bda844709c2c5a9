#pragma once
#include <cstdint>
#include <filesystem>

namespace catlog::store {

constexpr uint64_t almost_no_room_bytes = 4 << 20;

// The free space of the file system of `path`, for others than root; UINT64_MAX when it cannot be told.
uint64_t free_bytes(const std::filesystem::path& path);

// Whether the file system of `path` has less than almost_no_room_bytes. A write that fails with less than that has
// failed for lack of space, whatever the error says: LMDB and SQLite turn short writes into EIO, and SQLite a file that
// could not be made into "unable to open". False when it cannot be told.
bool is_almost_full(const std::filesystem::path& path);

// Whether another file can be made in the directory, as far as room goes: false where its file system says that there
// is none, which with free bytes may be for want of inodes, of what it keeps for names, or of a quota; where it
// has no files without a name (O_TMPFILE), of inodes alone. Leaves nothing behind.
bool has_room_for_file(const std::filesystem::path& directory);

}  // namespace catlog::store
