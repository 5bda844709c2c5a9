#pragma once
#include <filesystem>

namespace catlog::store {

// Copies a file of ours (own_file.h), with its mode, to `to`, in place of any file of that name, not synced: where the
// file system can it shares the bytes until one of both is written to, else the kernel copies them. Throws StorageFull,
// Failure(failure); then what is at `to` is of no use.
void copy_own_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace catlog::store
