#include "commandhandler/time_note.h"

#include <unistd.h>

#include <string>
#include <string_view>

#include "events/text/datetime.h"
#include "store/files/own_file.h"

namespace catlog::commandhandler {
namespace {

constexpr int64_t hour_us = 3600LL * 1'000'000;
constexpr size_t length = sizeof "2026-11-23T15:04:05.123456Z\n" - 1;
constexpr size_t max_bytes = 4'096;
constexpr mode_t readable_file = store::shared_file;  // `catlog status` of the group looks at it

}  // namespace

std::optional<int64_t> TimeNote::read() const {
  const auto text = store::read_own_file(file_, max_bytes);
  if (!text || text->size() < length) return {};
  return events::parse_rfc3339(std::string_view(*text).substr(0, length - 1));
}

// Always of the same length and written over itself: on a full disk there is no space for another.
void TimeNote::keep(int64_t us) {
  us -= us % hour_us;
  if (us == kept_us_) return;
  const auto file = store::OwnFile::open(file_, store::Opening::update, readable_file);
  if (!file) return;
  const std::string text = events::to_rfc3339(us) + "\n";
  if (::pwrite(file->fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(length)) kept_us_ = us;
}

}  // namespace catlog::commandhandler
