#include "store/files/file_copy.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "events/error.h"
#include "store/files/own_file.h"

namespace catlog::store {
namespace {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

constexpr size_t bytes_at_once = size_t{1} << 30;
constexpr size_t buffer_bytes = size_t{1} << 20;

[[noreturn]] void copy_failed(const std::string& sentence, int error) {
  if (error == ENOSPC || error == EDQUOT) throw events::StorageFull(sentence);
  throw Failure(Exit::failure, sentence);
}

[[noreturn]] void copy_failed(const fs::path& to) {
  const int error = errno;
  copy_failed(fmt::format("cannot write {}: {}", to.string(), std::strerror(error)), error);
}

OwnFile opened(const fs::path& path, Opening opening) {
  auto file = OwnFile::open(path, opening);
  if (!file) copy_failed(file.error().sentence, file.error().error);
  return *std::move(file);
}

// False: this kernel or file system cannot, and nothing was copied yet.
bool copy_in_kernel(int from, int to, const fs::path& path) {
  for (bool is_any = false;; is_any = true) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, bytes_at_once, 0);
    if (count == 0) return true;
    if (count > 0 || errno == EINTR) continue;
    if (!is_any && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
      return false;
    copy_failed(path);
  }
}

void copy_through_memory(int from, int to, const fs::path& path) {
  std::vector<char> buffer(buffer_bytes);
  for (;;) {
    const ssize_t count = ::read(from, buffer.data(), buffer.size());
    if (count == 0) return;
    if (count < 0 && errno != EINTR) copy_failed(path);
    for (ssize_t written = 0; written < count;) {
      const ssize_t more = ::write(to, buffer.data() + written, static_cast<size_t>(count - written));
      if (more < 0 && errno != EINTR) copy_failed(path);
      if (more > 0) written += more;
    }
  }
}

}  // namespace

void copy_own_file(const fs::path& from, const fs::path& to) {
  const OwnFile source = opened(from, Opening::read);
  const OwnFile copy = opened(to, Opening::fresh);
  struct stat status {};
  if (::fstat(source.fd(), &status) != 0 || ::fchmod(copy.fd(), status.st_mode & ACCESSPERMS) != 0) copy_failed(to);
  if (::ioctl(copy.fd(), FICLONE, source.fd()) == 0) return;
  if (!copy_in_kernel(source.fd(), copy.fd(), to)) copy_through_memory(source.fd(), copy.fd(), to);
}

}  // namespace catlog::store
