#include "commandhandler/commit_thread.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "events/error.h"

namespace catlog::commandhandler {

CommitThread::CommitThread() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0)
    throw events::Failure(events::Exit::failure, fmt::format("cannot make an eventfd: {}", std::strerror(errno)));
}

CommitThread::~CommitThread() {
  {
    std::unique_lock lock(mutex_);
    if (thread_.joinable()) changed_.wait(lock, [this] { return state_ != State::begun; });
    state_ = State::leaving;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  ::close(fd_);
}

void CommitThread::start(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    CATLOG_CHECK(state_ == State::idle);
    work_ = std::move(work);
    state_ = State::begun;
    changed_.notify_all();
  }
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    const uint64_t one = 1;
    static_cast<void>(!::write(fd_, &one, sizeof one));
  }
}

void CommitThread::wait() {
  std::unique_lock lock(mutex_);
  CATLOG_CHECK(state_ != State::idle);
  if (thread_.joinable()) {
    changed_.wait(lock, [this] { return state_ == State::ended; });
  } else {
    try {
      work_();
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }
  uint64_t ended = 0;
  static_cast<void>(!::read(fd_, &ended, sizeof ended));
  state_ = State::idle;
  work_ = nullptr;
  if (const auto thrown = std::exchange(thrown_, nullptr)) std::rethrow_exception(thrown);
}

bool CommitThread::has_ended() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::ended || !thread_.joinable();
}

void CommitThread::run() {
  ::pthread_setname_np(::pthread_self(), "commits");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return state_ == State::begun || state_ == State::leaving; });
    if (state_ == State::leaving) return;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      work_();
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    thrown_ = std::move(thrown);
    state_ = State::ended;
    const uint64_t one = 1;
    static_cast<void>(!::write(fd_, &one, sizeof one));
    changed_.notify_all();
  }
}

}  // namespace catlog::commandhandler
