#include "tests/support/disk/budget.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace catlog::tests::disk {
namespace {

uint64_t size_of(const Operation& operation) {
  struct stat about {};
  const int result = operation.fd >= 0 ? ::fstat(operation.fd, &about) : ::lstat(operation.path.c_str(), &about);
  return result == 0 && S_ISREG(about.st_mode) ? static_cast<uint64_t>(about.st_size) : 0;
}

uint64_t growth(uint64_t size, uint64_t end) { return end > size ? end - size : 0; }

}  // namespace

Verdict Budget::before(const Operation& operation) {
  size_before_ = operation.call == Call::create ? 0 : size_of(operation);
  if (!is_write(operation.call)) return {};
  const uint64_t wanted = growth(size_before_, static_cast<uint64_t>(operation.offset) + operation.length);
  if (wanted <= left_) return {};
  ++refused_;
  const uint64_t missing = wanted - left_;
  if (missing >= operation.length) return {.error = ENOSPC};
  return {.at_most = operation.length - missing};
}

void Budget::after(const Operation& operation, ssize_t result) {
  if (result < 0) return;
  if (is_write(operation.call))
    left_ -= std::min<uint64_t>(left_, growth(size_before_, static_cast<uint64_t>(operation.offset + result)));
  if (operation.call == Call::ftruncate) left_ += growth(static_cast<uint64_t>(operation.offset), size_before_);
  if (operation.call == Call::unlink) left_ += size_before_;
}

}  // namespace catlog::tests::disk
