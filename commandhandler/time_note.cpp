#include "commandhandler/time_note.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "events/datetime.h"

namespace catlog::commandhandler {
namespace {

constexpr int64_t hour_us = 3600LL * 1'000'000;
constexpr size_t length = sizeof "2026-11-23T15:04:05.123456Z\n" - 1;

}  // namespace

std::optional<int64_t> TimeNote::read() const {
  const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return {};
  std::array<char, length> text{};
  const ssize_t count = ::read(fd, text.data(), text.size());
  ::close(fd);
  if (count != static_cast<ssize_t>(length)) return {};
  return events::parse_rfc3339({text.data(), length - 1});
}

// Always of the same length and written over itself: on a full disk there is no room for another.
void TimeNote::keep(int64_t us) {
  us -= us % hour_us;
  if (us == kept_us_) return;
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (fd < 0) return;
  const std::string text = events::to_rfc3339(us) + "\n";
  if (::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(length)) kept_us_ = us;
  ::close(fd);
}

}  // namespace catlog::commandhandler
