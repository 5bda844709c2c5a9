#pragma once
#include <cstddef>
#include <filesystem>

namespace catlog::store {

// Copies the key files of one folder (`*.key`, what is in them does not matter here) into another, which is made when
// missing (mode 0700): each whole and on disk, mode 0600, and read back. Returns how many there are. A key that is
// there already must be the same; none is removed. Signs of destroyed keys (`*.destroyed`) go with them, and a key with
// a sign beside it, in either folder, is not copied. Throws Failure(usage) when there is no such folder or a key
// differs, Failure(damaged) when one reads back otherwise, StorageFull, Failure(failure).
size_t copy_keys(const std::filesystem::path& from, const std::filesystem::path& to);

// The same for `.torrent` files, which the directory's group may read.
size_t copy_torrents(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace catlog::store
