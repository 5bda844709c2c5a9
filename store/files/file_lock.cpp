#include "store/files/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "events/error.h"
#include "store/files/durable_file.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr size_t max_pid_characters = 20;

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string read_process_id(int fd) {
  std::array<char, max_pid_characters> text;
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  std::string pid(text.data(), length > 0 ? static_cast<size_t>(length) : 0);
  pid.erase(pid.find_last_not_of('\n') + 1);
  return pid;
}

std::string name_holder(int fd) {
  const std::string pid = read_process_id(fd);
  return pid.empty() ? "another process" : "process " + pid;
}

// A full disk must not keep a daemon from starting, and the lock holds without its text: a failure is let pass.
void write_holder(int fd) {
  const std::string text = fmt::format("{}\n", ::getpid());
  const auto length = static_cast<off_t>(text.size());
  if (::pwrite(fd, text.data(), text.size(), 0) == length && ::ftruncate(fd, length) == 0) return;
  [[maybe_unused]] const int cut = ::ftruncate(fd, 0);  // better nobody's name than a wrong one
}

OwnFile open_lock(const fs::path& file) {
  make_directories(file.parent_path());
  auto opened = OwnFile::open(file, Opening::update);
  if (!opened) throw Failure(Exit::failure, opened.error().sentence);
  return *std::move(opened);
}

}  // namespace

FileLock::FileLock(const fs::path& file, const std::string& role, IfHeld if_held) : file_(open_lock(file)) {
  // Whoever may read it may lock it, in everybody's way. One that is another user's stays as it is.
  static_cast<void>(::fchmod(file_.fd(), private_file));
  struct flock whole = whole_file();
  int taken = -1;
  do {
    taken = ::fcntl(file_.fd(), if_held == IfHeld::wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole);
  } while (taken != 0 && errno == EINTR && if_held == IfHeld::wait);
  if (taken == 0) {
    write_holder(file_.fd());
    watched_.emplace(file);
    return;
  }
  const int code = errno;
  const std::string name = name_holder(file_.fd());
  if (code == EAGAIN || code == EACCES)
    throw Failure(Exit::held, fmt::format("{} is {} already ({}): stop that one first", role, name, file.string()));
  throw Failure(Exit::failure, fmt::format("cannot lock {}: {}", file.string(), std::strerror(code)));
}

std::optional<std::string> FileLock::holder(const fs::path& file) {
  const auto opened = OwnFile::open(file, Opening::read);
  struct flock lock = whole_file();
  if (!opened || ::fcntl(opened->fd(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return {};
  return read_process_id(opened->fd());
}

}  // namespace catlog::store
