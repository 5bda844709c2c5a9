#include "bin/torrent/engine/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "events/descriptor.h"
#include "events/error.h"

namespace catlog::torrent {

namespace {

namespace fs = std::filesystem;

constexpr mode_t directory_mode = 0750, file_mode = 0640;

events::Descriptor open(const fs::path& path, int flags, mode_t mode = 0) {
  return events::Descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode));
}

std::optional<std::string> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), directory_mode) != 0 && errno != EEXIST)
    return fmt::format("{} cannot be made: {}", folder.string(), std::strerror(errno));
  struct stat is {};
  if (::lstat(folder.c_str(), &is) != 0) return fmt::format("{}: {}", folder.string(), std::strerror(errno));
  if (!S_ISDIR(is.st_mode))
    return fmt::format("{} is no directory (a link is not followed); move it away", folder.string());
  return {};
}

[[noreturn]] void fail_write(const fs::path& file) {
  const int fault = errno;
  const auto words = fmt::format("{} cannot be written: {}", file.string(), std::strerror(fault));
  if (fault == ENOSPC || fault == EDQUOT) throw events::StorageFull(words);
  throw events::Failure(events::Exit::failure, words);
}

// Walks without following links: (path, what lstat says).
template <class Visit>
void walk(const fs::path& top, const Visit& visit) {
  std::error_code fault;
  for (fs::recursive_directory_iterator at(top, fs::directory_options::none, fault), end; !fault && at != end;
       at.increment(fault)) {
    struct stat is {};
    if (::lstat(at->path().c_str(), &is) == 0) visit(at->path(), is);
  }
}

}  // namespace

std::optional<std::string> make_home(const Home& home) {
  if (auto fault = make_folder(home.root)) return fault;
  return make_folder(home.files());
}

std::optional<std::string> foreign_in(const Home& home) {
  std::optional<std::string> found;
  walk(home.root, [&](const fs::path& path, const struct stat& is) {
    if (found || S_ISDIR(is.st_mode) || (S_ISREG(is.st_mode) && is.st_nlink == 1)) return;
    const char* what = S_ISLNK(is.st_mode)   ? "a symbolic link"
                       : S_ISREG(is.st_mode) ? "a file with another name elsewhere"
                                             : "no file and no directory";
    found = fmt::format("{} is {}, which is not written to; remove it, then resume the download", path.string(), what);
  });
  return found;
}

std::string look_of(const Home& home) {
  std::vector<std::string> lines;
  walk(home.files(), [&](const fs::path& path, const struct stat& is) {
    if (S_ISDIR(is.st_mode)) return;
    lines.push_back(fmt::format("{} {}.{:09} {}.{:09} {}\n", is.st_size, is.st_mtim.tv_sec, is.st_mtim.tv_nsec,
                                is.st_ctim.tv_sec, is.st_ctim.tv_nsec, path.lexically_relative(home.files()).string()));
  });
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const auto& line : lines) all += line;
  return all;
}

Lacking lacking_in(const Home& home, const std::vector<TreeFile>& files) {
  Lacking lacking;
  for (const auto& file : files) {
    if (file.bytes == 0) continue;
    const auto opened = open(home.files() / file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    struct stat is {};
    const bool is_plain = opened.get() >= 0 && ::fstat(opened.get(), &is) == 0 && S_ISREG(is.st_mode);
    if (!is_plain || static_cast<uint64_t>(is.st_size) < file.bytes) {
      if (lacking.missing.empty()) lacking.missing = file.path;
    } else if (lacking.holed.empty() && ::lseek(opened.get(), 0, SEEK_HOLE) < is.st_size) {
      lacking.holed = file.path;
    }
  }
  return lacking;
}

std::optional<std::string> remove_home(const Home& home) {
  std::error_code fault;
  fs::remove_all(home.root, fault);  // does not follow links
  if (fault) return fmt::format("{} cannot be removed: {}", home.root.string(), fault.message());
  return {};
}

std::optional<std::string> read_whole(const fs::path& file, uint64_t max_bytes) {
  const auto opened = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  struct stat is {};
  if (opened.get() < 0 || ::fstat(opened.get(), &is) != 0 || !S_ISREG(is.st_mode)) return {};
  if (static_cast<uint64_t>(is.st_size) > max_bytes) return {};
  std::string bytes(static_cast<size_t>(is.st_size), '\0');
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t count = ::read(opened.get(), bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    at += static_cast<size_t>(count);
  }
  return bytes;
}

void write_whole(const fs::path& file, std::string_view bytes) {
  const fs::path fresh = file.string() + ".new";
  {
    const auto opened = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, file_mode);
    if (opened.get() < 0) fail_write(fresh);
    for (size_t at = 0; at < bytes.size();) {
      const ssize_t count = ::write(opened.get(), bytes.data() + at, bytes.size() - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_write(fresh);
      at += static_cast<size_t>(count);
    }
    if (::fdatasync(opened.get()) != 0) fail_write(fresh);
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) fail_write(file);
  const auto folder = open(file.parent_path(), O_RDONLY | O_DIRECTORY);
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) fail_write(file);
}

}  // namespace catlog::torrent
