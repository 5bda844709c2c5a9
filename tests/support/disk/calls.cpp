#include "tests/support/disk/calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <mutex>
#include <string_view>

namespace catlog::tests::disk {
namespace {

// The functions below have no other way to know whom to tell.
struct {
  std::atomic<Watcher*> watcher = nullptr;
  std::string directory;
  std::mutex mutex;
} layer;

bool is_watched(std::string_view path) {
  const std::string& directory = layer.directory;
  if (path.size() <= directory.size() || !path.starts_with(directory) || path[directory.size()] != '/')
    return path == directory;
  const std::string_view rest = path.substr(directory.size() + 1);
  return !rest.starts_with("run/") && rest != "run" && !rest.ends_with("-shm") && !rest.ends_with(".lock") &&
         !rest.ends_with("lock.mdb") && !rest.ends_with(" (deleted)");
}

std::string path_of(int fd) {
  std::array<char, PATH_MAX> text;
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), text.data(), text.size());
  return {text.data(), length > 0 ? static_cast<size_t>(length) : 0};
}

std::string path_at(int directory, const char* path) {
  if (path[0] == '/') return path;
  if (directory == AT_FDCWD) return (std::filesystem::current_path() / path).string();
  return path_of(directory) + "/" + path;
}

// Asks, does, tells. `really(at_most)` makes the call.
template <class Really>
ssize_t watched(Operation operation, Really&& really) {
  if (!layer.watcher || !is_watched(operation.path)) return really(SIZE_MAX);
  std::lock_guard lock(layer.mutex);
  Watcher* watcher = layer.watcher;
  if (!watcher) return really(SIZE_MAX);
  const Verdict verdict = watcher->before(operation);
  const ssize_t result = verdict.error ? -1 : really(verdict.at_most);
  const int error = verdict.error ? verdict.error : errno;
  if (operation.call == Call::create) operation.fd = static_cast<int>(result);
  watcher->after(operation, result);
  errno = error;
  return result;
}

ssize_t watched_write(Call call, int fd, const iovec* parts, int count, off_t offset) {
  Operation operation{.call = call, .path = {}, .to = {}, .fd = fd, .parts = parts, .part_count = count};
  if (layer.watcher) operation.path = path_of(fd);
  operation.offset = offset >= 0 || !layer.watcher ? offset : ::lseek(fd, 0, SEEK_CUR);
  for (int i = 0; i < count; ++i) operation.length += parts[i].iov_len;
  return watched(operation, [&](size_t at_most) -> ssize_t {
    if (at_most >= operation.length)
      return offset < 0 ? ::syscall(SYS_writev, fd, parts, count)
                        : ::syscall(SYS_pwritev, fd, parts, count, offset, offset >> 32);
    // What a full disk does: a part of it, from the beginning.
    ssize_t done = 0;
    for (int i = 0; i < count && at_most > 0; ++i) {
      const size_t length = std::min(parts[i].iov_len, at_most);
      const ssize_t written = offset < 0 ? ::syscall(SYS_write, fd, parts[i].iov_base, length)
                                         : ::syscall(SYS_pwrite64, fd, parts[i].iov_base, length, offset + done);
      if (written < 0) return written;
      done += written;
      at_most -= length;
    }
    return done;
  });
}

int watched_fd(Call call, int fd, long number, off_t length = 0) {
  Operation operation{.call = call, .path = {}, .to = {}, .fd = fd};
  if (layer.watcher) operation.path = path_of(fd);
  operation.offset = length;
  return static_cast<int>(watched(operation, [&](size_t) -> ssize_t { return ::syscall(number, fd, length); }));
}

template <class Really>
int watched_name(Call call, int directory, const char* path, const char* to, Really&& really) {
  Operation operation{.call = call, .path = {}, .to = {}};
  if (layer.watcher) operation.path = path_at(directory, path);
  if (layer.watcher && to) operation.to = path_at(AT_FDCWD, to);
  return static_cast<int>(watched(operation, [&](size_t) -> ssize_t { return really(); }));
}

bool is_nameless(int flags) { return (flags & O_TMPFILE) == O_TMPFILE; }
bool makes_file(int flags) { return (flags & O_CREAT) || is_nameless(flags); }

int opened(int directory, const char* path, int flags, mode_t mode) {
  const auto really = [&] { return ::syscall(SYS_openat, directory, path, flags, mode); };
  if (is_nameless(flags))
    return watched_name(Call::create, directory, (std::string(path) + "/nameless").c_str(), nullptr, really);
  if (!(flags & O_CREAT)) return static_cast<int>(really());
  return watched_name(Call::create, directory, path, nullptr, really);
}

}  // namespace

const char* name_of(Call call) {
  constexpr std::array names{"pwrite",          "write",     "writev", "fdatasync", "fsync",
                             "sync_file_range", "ftruncate", "create", "rename",    "unlink",
                             "symlink",         "link",      "mkdir"};
  return names[static_cast<size_t>(call)];
}

Watching::Watching(const std::filesystem::path& directory, Watcher& watcher) {
  std::lock_guard lock(layer.mutex);
  layer.directory = directory.string();
  layer.watcher = &watcher;
}

Watching::~Watching() {
  std::lock_guard lock(layer.mutex);
  layer.watcher = nullptr;
}

}  // namespace catlog::tests::disk

using namespace catlog::tests::disk;

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t length, off_t offset) {
  const iovec part{const_cast<void*>(data), length};
  return watched_write(Call::pwrite, fd, &part, 1, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t length, off_t offset) { return pwrite(fd, data, length, offset); }
ssize_t write(int fd, const void* data, size_t length) {
  const iovec part{const_cast<void*>(data), length};
  return watched_write(Call::write, fd, &part, 1, -1);
}
ssize_t writev(int fd, const iovec* parts, int count) { return watched_write(Call::writev, fd, parts, count, -1); }
ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  return watched_write(Call::writev, fd, parts, count, offset);
}
int fdatasync(int fd) { return watched_fd(Call::fdatasync, fd, SYS_fdatasync); }
int fsync(int fd) { return watched_fd(Call::fsync, fd, SYS_fsync); }
int sync_file_range(int fd, off64_t from, off64_t length, unsigned flags) {
  Operation operation{.call = Call::sync_file_range, .path = {}, .to = {}, .fd = fd};
  if (layer.watcher) operation.path = path_of(fd);
  return static_cast<int>(
      watched(operation, [&](size_t) -> ssize_t { return ::syscall(SYS_sync_file_range, fd, from, length, flags); }));
}
int ftruncate(int fd, off_t length) noexcept { return watched_fd(Call::ftruncate, fd, SYS_ftruncate, length); }
int ftruncate64(int fd, off_t length) noexcept { return ftruncate(fd, length); }

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = makes_file(flags) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(AT_FDCWD, path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = makes_file(flags) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(directory, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = makes_file(flags) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int rename(const char* from, const char* to) noexcept {
  return watched_name(Call::rename, AT_FDCWD, from, to, [&] { return ::syscall(SYS_rename, from, to); });
}
int unlinkat(int directory, const char* path, int flags) noexcept {
  return watched_name(Call::unlink, directory, path, nullptr,
                      [&] { return ::syscall(SYS_unlinkat, directory, path, flags); });
}
int unlink(const char* path) noexcept { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) noexcept {
  struct stat about {};
  const bool is_directory = ::lstat(path, &about) == 0 && S_ISDIR(about.st_mode);
  return unlinkat(AT_FDCWD, path, is_directory ? AT_REMOVEDIR : 0);
}
int symlink(const char* target, const char* path) noexcept {
  return watched_name(Call::symlink, AT_FDCWD, path, nullptr, [&] { return ::syscall(SYS_symlink, target, path); });
}
int link(const char* from, const char* to) noexcept {
  return watched_name(Call::link, AT_FDCWD, from, to, [&] { return ::syscall(SYS_link, from, to); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  return watched_name(Call::mkdir, AT_FDCWD, path, nullptr, [&] { return ::syscall(SYS_mkdir, path, mode); });
}

int statvfs(const char* path, struct statvfs* room) noexcept {
  static const auto real = reinterpret_cast<int (*)(const char*, struct statvfs*)>(::dlsym(RTLD_NEXT, "statvfs"));
  const int result = real(path, room);
  std::lock_guard lock(layer.mutex);
  if (!layer.watcher || result != 0) return result;
  if (const auto free = layer.watcher.load()->free_bytes()) room->f_bavail = room->f_bfree = *free / room->f_frsize;
  if (const auto inodes = layer.watcher.load()->inodes()) {
    room->f_files = *inodes;
    room->f_favail = room->f_ffree = layer.watcher.load()->free_inodes();
  }
  return 0;
}
}
