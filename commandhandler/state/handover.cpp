#include "commandhandler/state/handover.h"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "events/error.h"

namespace catlog::commandhandler {

Handover::Handover() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0)
    throw events::Failure(events::Exit::failure, fmt::format("cannot make an eventfd: {}", std::strerror(errno)));
}

Handover::~Handover() { ::close(fd_); }

void Handover::open() {
  const std::lock_guard lock(mutex_);
  CATLOG_CHECK(!is_open_ && !folded_);
  is_open_ = true;
}

void Handover::close() {
  std::unique_lock lock(mutex_);
  is_open_ = false;
  given_back_.wait(lock, [this] { return !is_taken_; });
  folded_.reset();
  forget_bell();  // whom nobody answers any more
}

void Handover::forget_bell() const {
  uint64_t rung = 0;
  static_cast<void>(!::read(fd_, &rung, sizeof rung));
}

void Handover::offer(const Folded& folded) {
  {
    const std::lock_guard lock(mutex_);
    CATLOG_CHECK(is_open_ && !folded_);
    folded_ = folded;
  }
  const uint64_t one = 1;
  static_cast<void>(!::write(fd_, &one, sizeof one));
}

bool Handover::is_out() const {
  const std::lock_guard lock(mutex_);
  return folded_.has_value();
}

bool Handover::is_open() const {
  const std::lock_guard lock(mutex_);
  return is_open_;
}

std::optional<Handover::Folded> Handover::take() {
  forget_bell();
  const std::lock_guard lock(mutex_);
  if (!is_open_ || !folded_) return {};
  is_taken_ = true;
  return folded_;
}

void Handover::give_back(Stored how) {
  const std::lock_guard lock(mutex_);
  CATLOG_CHECK(is_taken_);
  is_taken_ = false;
  if (how == Stored::yes) folded_.reset();
  given_back_.notify_all();
}

}  // namespace catlog::commandhandler
