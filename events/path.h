#pragma once
#include <filesystem>

namespace catlog::events {

// The same path without `.` and without a slash at its end: "a/./b/" is "a/b", "." and "" are ".". `..` stays: only the
// file system knows where it leads, because what stands before it may be a link.
std::filesystem::path without_dots(const std::filesystem::path& path);

}  // namespace catlog::events
