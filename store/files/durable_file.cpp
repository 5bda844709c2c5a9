#include "store/files/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "events/error.h"
#include "events/path.h"
#include "events/rights.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

[[noreturn]] void fail(int error, const std::string& sentence) {
  if (error == ENOSPC || error == EDQUOT) throw events::StorageFull(sentence);
  throw Failure(Exit::failure, sentence);
}

[[noreturn]] void fail(const char* what, const fs::path& path) {
  const int error = errno;
  fail(error, fmt::format("cannot {} {}: {}{}", what, path.string(), std::strerror(error), events::hint_at(error)));
}

OwnFile open_fresh(const fs::path& path, mode_t mode) {
  auto opened = OwnFile::open(path, Opening::fresh, mode);
  if (!opened) fail(opened.error().error, opened.error().sentence);
  return *std::move(opened);
}

}  // namespace

DurableFile::DurableFile(fs::path path, mode_t mode)
    : path_(std::move(path)), fresh_(path_.string() + std::string(suffix)), file_(open_fresh(fresh_, mode)) {}

DurableFile::~DurableFile() {
  if (file_.fd() < 0) return;
  file_.close();
  ::unlink(fresh_.c_str());
}

void DurableFile::write(std::span<const std::byte> bytes) {
  is_synced_ = false;
  while (!bytes.empty()) {
    errno = ENOSPC;  // of a write that takes nothing
    const ssize_t count = ::write(file_.fd(), bytes.data(), bytes.size());
    if (count <= 0 && errno != EINTR) fail("write", fresh_);
    if (count > 0) bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

void DurableFile::sync() {
  if (!is_synced_ && ::fsync(file_.fd()) != 0) fail("sync", fresh_);
  is_synced_ = true;
}

void DurableFile::publish() { publish_as(path_); }

void DurableFile::publish_as(fs::path path) {
  sync();
  rename_file(fresh_, path);
  file_.close();
  sync_path(path.parent_path());
}

void write_durably(const fs::path& path, std::string_view bytes, mode_t mode) {
  DurableFile file(path, mode);
  file.write(std::as_bytes(std::span(bytes)));
  file.publish();
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("rename to", to);
}

void make_link(const fs::path& target, const fs::path& link) {
  if (::symlink(target.c_str(), link.c_str()) != 0) fail("make the link", link);
}

void make_directories(const fs::path& directory, mode_t mode) {
  const fs::path named = events::without_dots(fs::absolute(directory));
  if (fs::is_directory(named)) return;
  if (named.has_parent_path()) make_directories(named.parent_path());
  if (::mkdir(named.c_str(), mode) == 0)
    give_to_owner(named);
  else if (errno != EEXIST)
    fail("make", named);
  else if (!fs::is_directory(named))
    throw Failure(Exit::failure, named.string() + " is there already, and is no folder");
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
