#include "projector/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

FileLock::FileLock(const std::filesystem::path& file, std::string_view what) {
  std::filesystem::create_directories(file.parent_path());
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw Failure(Exit::failure, fmt::format("cannot open {}: {}", file.string(), std::strerror(errno)));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    ssize_t size = ::pread(descriptor_, holder.data(), holder.size() - 1, 0);
    ::close(descriptor_);
    throw Failure(Exit::held, fmt::format("{} is running (process {}, {})", what, size > 0 ? holder.data() : "unknown",
                                          file.string()));
  }
  std::string self = fmt::format("{}", ::getpid());
  // The number only helps people; the lock holds without it.
  if (::ftruncate(descriptor_, 0) == 0) static_cast<void>(::pwrite(descriptor_, self.data(), self.size(), 0) > 0);
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace catlog::projector
