#include "store/files/own_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "events/error.h"
#include "events/rights.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

using Error = std::unexpected<NotOpened>;

Error not_opened(const fs::path& path, int error, std::string why = {}) {
  if (why.empty()) why = fmt::format("{}{}", std::strerror(error), events::hint_at(error));
  return Error({error, fmt::format("cannot open {}: {}", path.string(), why)});
}

fs::path directory_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

constexpr const char* others_link = "its directory is another user's link to it, or was exchanged just now";
constexpr const char* has_other_names =
    "it has another name too, and root writes to no such file in another user's directory; look what it is, and remove "
    "this name";
constexpr const char* not_regular = "it is no regular file; look who put it there, and remove it";

// Closed with this object.
struct Directory {
  int fd = -1;
  struct stat about {};
  Directory() = default;
  Directory(const Directory&) = delete;
  ~Directory() {
    if (fd >= 0) ::close(fd);
  }
};

// 0, or why it is none of ours.
int open_directory(const fs::path& path, Directory& directory) {
  struct stat link {};
  directory.fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory.fd < 0 || ::fstat(directory.fd, &directory.about) != 0 || ::lstat(path.c_str(), &link) != 0)
    return errno;
  const bool is_itself = link.st_dev == directory.about.st_dev && link.st_ino == directory.about.st_ino;
  const bool is_good_link = S_ISLNK(link.st_mode) &&
                            (link.st_uid == 0 || link.st_uid == ::geteuid() || link.st_uid == directory.about.st_uid);
  return is_itself || is_good_link ? 0 : ELOOP;  // what was opened may have been reached by a link that is gone
}

bool belongs_to_another(const struct stat& directory) { return ::geteuid() == 0 && directory.st_uid != 0; }

// What is left of a new file's mode in a directory; `made`: what the umask left of it.
mode_t mode_in(const struct stat& directory, mode_t mode, mode_t made) {
  constexpr mode_t enters = S_IRGRP | S_IXGRP;
  const bool is_open = (directory.st_mode & enters) == enters, is_for_group = (directory.st_mode & S_IRWXO) == 0;
  if ((directory.st_mode & S_IXGRP) == 0) return made & S_IRWXU;
  return (made & (S_IRWXU | S_IRWXG)) | (is_open && is_for_group ? mode & S_IRWXG : 0);
}

// 0, or why it cannot be the directory's owner's.
int give(int fd, const struct stat& directory, mode_t mode) {
  struct stat made {};
  if (::fstat(fd, &made) != 0) return errno;
  const bool is_another = belongs_to_another(directory);
  mode_t wanted = mode_in(directory, mode, made.st_mode & 0777);
  if (is_another || made.st_gid != directory.st_gid)
    if (::fchown(fd, is_another ? directory.st_uid : made.st_uid, directory.st_gid) != 0) {
      if (is_another) return errno;
      wanted &= S_IRWXU;
    }
  if (wanted != (made.st_mode & 0777)) static_cast<void>(::fchmod(fd, wanted));  // not every file system knows modes
  return 0;
}

// Made, and the directory's owner's: 0, or an errno.
int make(const Directory& directory, const std::string& name, mode_t mode, int& fd) {
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  fd = ::openat(directory.fd, name.c_str(), flags, mode);
  if (fd < 0) return errno;
  const int error = give(fd, directory.about, mode);
  if (error == 0) return 0;
  ::close(std::exchange(fd, -1));
  ::unlinkat(directory.fd, name.c_str(), 0);
  return error;
}

int open_there(const Directory& directory, const std::string& name, Opening opening, int& fd) {
  const int access = opening == Opening::read ? O_RDONLY : O_RDWR;
  fd = ::openat(directory.fd, name.c_str(), access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return fd < 0 ? errno : 0;
}

int open_in(const Directory& directory, const std::string& name, Opening opening, mode_t mode, int& fd) {
  if (opening == Opening::read) return open_there(directory, name, opening, fd);
  for (;;) {
    int error = opening == Opening::update ? open_there(directory, name, opening, fd) : ENOENT;
    if (error == ENOENT) error = make(directory, name, mode, fd);
    if (error != EEXIST) return error;  // else it is an old one, or somebody was quicker
    if (opening == Opening::fresh && ::unlinkat(directory.fd, name.c_str(), 0) != 0 && errno != ENOENT) return errno;
  }
}

}  // namespace

OwnFile::OwnFile(OwnFile&& from) noexcept : path_(std::move(from.path_)), fd_(std::exchange(from.fd_, -1)) {}

OwnFile& OwnFile::operator=(OwnFile&& from) noexcept {
  std::swap(path_, from.path_);
  std::swap(fd_, from.fd_);
  return *this;
}

OwnFile::~OwnFile() { close(); }

void OwnFile::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::expected<OwnFile, NotOpened> OwnFile::open(const fs::path& path, Opening opening, mode_t mode) {
  Directory directory;
  if (const int error = open_directory(directory_of(path), directory))
    return not_opened(path, error, error == ELOOP ? others_link : "");
  int fd = -1;
  if (const int error = open_in(directory, path.filename(), opening, mode, fd)) {
    const bool is_other = error == ELOOP || error == ENXIO || error == EISDIR;
    return not_opened(path, error, is_other ? not_regular : "");
  }
  OwnFile file(path, fd);
  struct stat about {};
  if (::fstat(fd, &about) != 0) return not_opened(path, errno);
  if (!S_ISREG(about.st_mode)) return not_opened(path, EINVAL, not_regular);
  if (opening == Opening::update && about.st_nlink > 1 && belongs_to_another(directory.about))
    return not_opened(path, EMLINK, has_other_names);
  return file;
}

std::expected<std::string, NotOpened> OwnFile::read_all(size_t max_bytes) const {
  constexpr size_t part_bytes = 64 * 1024;
  std::string text;
  for (;;) {
    const size_t before = text.size();
    text.resize(before + std::min(part_bytes, max_bytes + 1 - before));
    const ssize_t count = ::pread(fd_, text.data() + before, text.size() - before, static_cast<off_t>(before));
    text.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno != EINTR)
      return Error({errno, fmt::format("cannot read {}: {}", path_.string(), std::strerror(errno))});
    if (count == 0) return text;
    if (text.size() > max_bytes)
      return Error({EFBIG, fmt::format("{} is longer than {} bytes", path_.string(), max_bytes)});
  }
}

std::expected<std::string, NotOpened> read_own_file(const fs::path& path, size_t max_bytes) {
  const auto file = OwnFile::open(path, Opening::read);
  if (!file) return Error(file.error());
  return file->read_all(max_bytes);
}

bool has_own_file(const fs::path& path) {
  Directory directory;
  struct stat about {};
  if (open_directory(directory_of(path), directory) == ELOOP)
    throw Failure(Exit::failure, not_opened(path, ELOOP, others_link).error().sentence);
  if (directory.fd < 0 || ::fstatat(directory.fd, path.filename().c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0)
    return false;
  if (!S_ISREG(about.st_mode)) throw Failure(Exit::failure, not_opened(path, EINVAL, not_regular).error().sentence);
  return true;
}

void make_own_file(const fs::path& path, mode_t mode) {
  if (has_own_file(path)) return;
  const auto file = OwnFile::open(path, Opening::update, mode);
  if (file) return;
  if (file.error().error == ENOSPC || file.error().error == EDQUOT) throw events::StorageFull(file.error().sentence);
  throw Failure(Exit::failure, file.error().sentence);
}

void give_to_owner(const fs::path& path) {
  struct stat directory {};
  struct stat made {};
  if (::stat(directory_of(path).c_str(), &directory) != 0 || ::lstat(path.c_str(), &made) != 0) return;
  const bool is_another = belongs_to_another(directory);
  bool is_given = !is_another && made.st_gid == directory.st_gid;
  if (!is_given) is_given = ::lchown(path.c_str(), is_another ? directory.st_uid : made.st_uid, directory.st_gid) == 0;
  if (!is_given && is_another)
    throw Failure(Exit::failure, fmt::format("cannot give {} to the owner of its directory: {}; run this as that user",
                                             path.string(), std::strerror(errno)));
  if (!S_ISREG(made.st_mode)) return;
  const mode_t wanted = mode_in(directory, made.st_mode, made.st_mode & 0777) & (is_given ? 0777 : S_IRWXU);
  if (wanted != (made.st_mode & 0777)) static_cast<void>(::chmod(path.c_str(), wanted));
}

void open_to_group(const fs::path& path) {
  struct stat directory {};
  struct stat made {};
  const auto file = OwnFile::open(path, Opening::read);
  if (!file) throw Failure(Exit::failure, file.error().sentence);
  if (::stat(directory_of(path).c_str(), &directory) != 0 || ::fstat(file->fd(), &made) != 0) return;
  // One that could not be given to that group stays its owner's.
  if (made.st_gid != directory.st_gid || (directory.st_mode & S_IXGRP) == 0) return;
  if (::fchmod(file->fd(), made.st_mode | S_IRGRP) != 0)
    throw Failure(Exit::failure, fmt::format("cannot let the group read {}: {}", path.string(), std::strerror(errno)));
}

}  // namespace catlog::store
