#include "store/files/key_files.h"

#include <fmt/format.h>

#include <iterator>
#include <string>

#include "events/error.h"
#include "store/files/durable_file.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr size_t max_key_file_bytes = 4096;

std::string read_key(const fs::path& path) {
  auto bytes = read_own_file(path, max_key_file_bytes);
  if (!bytes) throw Failure(Exit::failure, bytes.error().sentence);
  return *std::move(bytes);
}

bool is_key(const fs::directory_entry& entry) {
  if (entry.path().extension() != ".key") return false;
  if (!fs::is_regular_file(entry.symlink_status()))
    throw Failure(Exit::failure, fmt::format("{} is called as a key and is no regular file, so it is not followed: put "
                                             "the key itself there, or remove it",
                                             entry.path().string()));
  return true;
}

void copy_key(const fs::path& from, const fs::path& to) {
  const std::string bytes = read_key(from);
  if (!fs::exists(fs::symlink_status(to))) {
    write_durably(to, bytes);
    if (read_key(to) != bytes)
      throw Failure(Exit::damaged,
                    fmt::format("{} reads back otherwise than it was written: look at the disk", to.string()));
  } else if (read_key(to) != bytes) {
    throw Failure(Exit::usage, fmt::format("{} and {} differ, and a key never changes: look which of the two is right",
                                           from.string(), to.string()));
  }
}

}  // namespace

size_t copy_keys(const fs::path& from, const fs::path& to) {
  if (!fs::is_directory(from)) throw Failure(Exit::usage, fmt::format("there are no keys in {}", from.string()));
  make_directories(to, private_directory);
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(from)) {
    if (!is_key(entry)) continue;
    copy_key(entry.path(), to / entry.path().filename());
    ++count;
  }
  return count;
}

}  // namespace catlog::store
