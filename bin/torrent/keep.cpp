#include "bin/torrent/keep.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "bin/torrent/engine/tree.h"
#include "events/error.h"

namespace catlog::torrent {

namespace {

using events::Exit;
using events::Failure;

constexpr uint64_t max_known_bytes = uint64_t{1} << 30;
constexpr mode_t directory_mode = 0750, lock_mode = 0640;

void make(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), directory_mode) == 0 || errno == EEXIST) return;
  throw Failure(Exit::failure, fmt::format("{} cannot be made: {}", directory.string(), std::strerror(errno)));
}

}  // namespace

Keep::Keep(std::filesystem::path directory) : directory_(std::move(directory)) {
  make(directory_);
  make(transfers());
  const auto name = directory_ / "lock";
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, lock_mode);
  if (lock_ < 0)
    throw Failure(Exit::failure, fmt::format("{} cannot be made: {}", name.string(), std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(lock_);
  throw Failure(Exit::held, fmt::format("another catlog-torrent has {}; end it first", directory_.string()));
}

Keep::~Keep() { ::close(lock_); }

std::optional<Kept> Keep::read() const {
  const auto text = read_whole(file(), max_known_bytes);
  if (!text) return {};
  auto kept = read_kept(*text);
  if (!kept)
    throw Failure(Exit::damaged,
                  fmt::format("{} cannot be read; move it away, and everything is made anew from the log "
                              "and from the files, none of which is deleted",
                              file().string()));
  return kept;
}

void Keep::write(const Wishes& wishes, const Cursor& cursor) const { write_whole(file(), text_of(wishes, cursor)); }

uint64_t Keep::free_bytes() const {
  struct statvfs is {};
  if (::statvfs(directory_.c_str(), &is) != 0) return UINT64_MAX;
  return uint64_t{is.f_bavail} * is.f_frsize;
}

}  // namespace catlog::torrent
