#include "store/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
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

constexpr mode_t private_mode = 0600;

[[noreturn]] void fail(const char* what, const fs::path& path) {
  const int code = errno;
  const std::string sentence = fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(code));
  if (code == ENOSPC || code == EDQUOT) throw StorageFull(sentence);
  throw Failure(Exit::failure, sentence);
}

}  // namespace

DurableFile::DurableFile(fs::path path) : path_(std::move(path)), fresh_(path_.string() + std::string(suffix)) {
  fd_ = ::open(fresh_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, private_mode);
  if (fd_ < 0) fail("make", fresh_);
}

DurableFile::~DurableFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(fresh_.c_str());
}

void DurableFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) fail("write", fresh_);
    if (count > 0) bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

void DurableFile::publish() { publish_as(path_); }

void DurableFile::publish_as(fs::path path) {
  if (::fsync(fd_) != 0) fail("sync", fresh_);
  if (::rename(fresh_.c_str(), path.c_str()) != 0) fail("rename to", path);
  ::close(std::exchange(fd_, -1));
  sync_directory(path.parent_path());
}

void write_durably(const fs::path& path, std::string_view bytes) {
  DurableFile file(path);
  file.write(std::as_bytes(std::span(bytes)));
  file.publish();
}

void sync_directory(const fs::path& directory) {
  const fs::path named = directory.empty() ? fs::path(".") : directory;
  const int fd = ::open(named.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = fd >= 0 && ::fsync(fd) == 0;
  const int code = errno;
  if (fd >= 0) ::close(fd);
  errno = code;
  if (!is_synced) fail("sync", named);
}

}  // namespace catlog::store
