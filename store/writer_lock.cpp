#include "store/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "events/error.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr size_t max_pid_characters = 20;

std::string read_holder(int fd) {
  std::array<char, max_pid_characters> text;
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  std::string pid(text.data(), length > 0 ? static_cast<size_t>(length) : 0);
  pid.erase(pid.find_last_not_of('\n') + 1);
  return pid.empty() ? "another process" : "process " + pid;
}

// A full disk must not keep a daemon from starting, and the lock holds without its text: a failure is let pass.
void write_holder(int fd) {
  const std::string text = fmt::format("{}\n", ::getpid());
  const auto length = static_cast<off_t>(text.size());
  if (::pwrite(fd, text.data(), text.size(), 0) == length && ::ftruncate(fd, length) == 0) return;
  [[maybe_unused]] const int cut = ::ftruncate(fd, 0);  // better nobody's name than a wrong one
}

}  // namespace

WriterLock::WriterLock(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    throw Failure(Exit::failure, fmt::format("cannot make the directory {}: {}", directory.string(), error.message()));
  const fs::path path = directory / "writer.lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) throw Failure(Exit::failure, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) {
    write_holder(fd_);
    return;
  }
  const int code = errno;
  const std::string holder = read_holder(fd_);
  ::close(fd_);
  if (code == EWOULDBLOCK)
    throw Failure(Exit::held, fmt::format("{} is written by {}: stop that one first", directory.string(), holder));
  throw Failure(Exit::failure, fmt::format("cannot lock {}: {}", path.string(), std::strerror(code)));
}

WriterLock::~WriterLock() { ::close(fd_); }

}  // namespace catlog::store
