#include "tests/support/disk/recording.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace catlog::tests::disk {

std::string Recording::relative(const std::string& path) const {
  return path == directory_ ? "" : path.substr(directory_.size() + 1);
}

// A file that is seen for the first time is made: its name is where it was opened.
unsigned Recording::file_of(int fd, const std::string& path) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return 0;
  const auto known = by_inode_.find(about.st_ino);
  if (known != by_inode_.end()) return known->second;
  by_inode_[about.st_ino] = ++files_;
  inodes_[path] = about.st_ino;
  done_.push_back({.what = Done::What::create, .file = files_, .path = relative(path), .to = {}, .bytes = {}});
  return files_;
}

void Recording::written(const Operation& operation, size_t length) {
  const unsigned file = file_of(operation.fd, operation.path);
  Done write{.what = Done::What::write, .file = file, .path = relative(operation.path), .to = {}, .bytes = {}};
  write.offset = static_cast<uint64_t>(operation.offset);
  for (int i = 0; i < operation.part_count; ++i)
    write.bytes.append(static_cast<const char*>(operation.parts[i].iov_base), operation.parts[i].iov_len);
  write.bytes.resize(length);
  write.is_synced = (::fcntl(operation.fd, F_GETFL) & O_DSYNC) != 0;
  done_.push_back(std::move(write));
}

void Recording::named(const Operation& operation) {
  using Kind = Done::What;
  const bool is_rename = operation.call == Call::rename, is_symlink = operation.call == Call::symlink;
  const bool is_link = operation.call == Call::link;
  const Kind what = is_rename                       ? Kind::rename
                    : is_symlink                    ? Kind::symlink
                    : is_link                       ? Kind::link
                    : operation.call == Call::mkdir ? Kind::mkdir
                                                    : Kind::unlink;
  Done name{.what = what, .path = relative(operation.path), .to = {}, .bytes = {}};
  if (is_rename || is_link) name.to = relative(operation.to);
  if (is_symlink) name.to = std::filesystem::read_symlink(operation.path).string();
  done_.push_back(std::move(name));
  if (is_link) return;
  const auto gone = inodes_.extract(is_rename ? operation.to : operation.path);
  if (gone && what != Kind::mkdir) by_inode_.erase(gone.mapped());
  if (!is_rename) return;
  if (auto moved = inodes_.extract(operation.path)) {
    moved.key() = operation.to;
    inodes_.insert(std::move(moved));
  }
}

void Recording::after(const Operation& operation, ssize_t result) {
  if (result < 0) return;
  switch (operation.call) {
    case Call::pwrite:
    case Call::write:
    case Call::writev:
      return written(operation, static_cast<size_t>(result));
    case Call::create:
      file_of(operation.fd, operation.path);
      // Opened to be emptied, or made just now: in both cases there is nothing in it.
      if ((::fcntl(operation.fd, F_GETFL) & O_ACCMODE) != O_RDONLY && std::filesystem::file_size(operation.path) == 0)
        done_.push_back({.what = Done::What::truncate,
                         .file = file_of(operation.fd, operation.path),
                         .path = relative(operation.path),
                         .to = {},
                         .bytes = {}});
      return;
    case Call::ftruncate:
      done_.push_back({.what = Done::What::truncate,
                       .file = file_of(operation.fd, operation.path),
                       .path = relative(operation.path),
                       .to = {},
                       .offset = static_cast<uint64_t>(operation.offset),
                       .bytes = {}});
      return;
    case Call::fdatasync:
    case Call::fsync: {
      struct stat about {};
      const bool is_directory = ::fstat(operation.fd, &about) == 0 && S_ISDIR(about.st_mode);
      done_.push_back({.what = is_directory ? Done::What::sync_directory : Done::What::sync,
                       .file = is_directory ? 0 : file_of(operation.fd, operation.path),
                       .path = relative(operation.path),
                       .to = {},
                       .bytes = {}});
      return;
    }
    case Call::sync_file_range:  // nothing is durable by it
      return;
    default:
      return named(operation);
  }
}

}  // namespace catlog::tests::disk
