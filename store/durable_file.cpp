#include "store/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "events/error.h"
#include "store/log.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

[[noreturn]] void fail(const char* what, const fs::path& path) {
  const int code = errno;
  const std::string sentence = fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(code));
  if (code == ENOSPC || code == EDQUOT) throw StorageFull(sentence);
  throw Failure(Exit::failure, sentence);
}

}  // namespace

DurableFile::DurableFile(fs::path path, mode_t mode)
    : path_(std::move(path)), fresh_(path_.string() + std::string(suffix)) {
  fd_ = ::open(fresh_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd_ < 0) fail("make", fresh_);
}

DurableFile::~DurableFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(fresh_.c_str());
}

void DurableFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    errno = ENOSPC;  // of a write that takes nothing
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count <= 0 && errno != EINTR) fail("write", fresh_);
    if (count > 0) bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

void DurableFile::publish() { publish_as(path_); }

void DurableFile::publish_as(fs::path path) {
  if (::fsync(fd_) != 0) fail("sync", fresh_);
  if (::rename(fresh_.c_str(), path.c_str()) != 0) fail("rename to", path);
  ::close(std::exchange(fd_, -1));
  sync_path(path.parent_path());
}

void write_durably(const fs::path& path, std::string_view bytes, mode_t mode) {
  DurableFile file(path, mode);
  file.write(std::as_bytes(std::span(bytes)));
  file.publish();
}

void make_directories(const fs::path& directory, mode_t mode) {
  const fs::path named = fs::absolute(directory / ".").lexically_normal().parent_path();  // without a last slash
  if (fs::is_directory(named)) return;
  if (named.has_parent_path()) make_directories(named.parent_path());
  if (::mkdir(named.c_str(), mode) != 0 && errno != EEXIST) fail("make", named);
  sync_path(named.parent_path());
}

void sync_path(const fs::path& path) {
  const fs::path named = path.empty() ? fs::path(".") : path;
  const int fd = ::open(named.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_synced = fd >= 0 && ::fsync(fd) == 0;
  const int code = errno;
  if (fd >= 0) ::close(fd);
  errno = code;
  if (!is_synced) fail("sync", named);
}

}  // namespace catlog::store
