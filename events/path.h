#pragma once
#include <filesystem>

namespace catlog::events {

// The same path without `.` and without a slash at its end: "a/./b/" is "a/b", "." and "" are ".". What `..` leads to
// stays the file system's to say: behind a link it is not what stands before it.
std::filesystem::path without_dots(const std::filesystem::path& path);

}  // namespace catlog::events
