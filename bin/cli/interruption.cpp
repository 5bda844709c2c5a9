#include "bin/cli/interruption.h"

#include <poll.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::cli {
namespace {

constexpr int told_by[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t came = 0;
bool was_told = false;  // to whoever looked
int living = 0;

sigset_t all_of_them() {
  sigset_t all;
  sigemptyset(&all);
  for (const int signal : told_by) sigaddset(&all, signal);
  return all;
}

// The next one, whichever it is, ends the process; what is ignored has no handler and stays so.
void note_signal(int signal) {
  came = signal;
  for (const int each : told_by) {
    struct sigaction now {};
    if (::sigaction(each, nullptr, &now) == 0 && now.sa_handler == note_signal) std::signal(each, SIG_DFL);
  }
}

// Holds them back while it lives.
class HeldBack {
 public:
  HeldBack() {
    const sigset_t all = all_of_them();
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  HeldBack(const HeldBack&) = delete;
  ~HeldBack() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

}  // namespace

// Without SA_RESTART: who waits looks at once.
Interruption::Interruption() {
  ++living;
  struct sigaction act {};
  act.sa_handler = note_signal;
  act.sa_mask = all_of_them();
  for (size_t i = 0; i < std::size(told_by); ++i) {
    ::sigaction(told_by[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(told_by[i], &act, nullptr);
  }
}

Interruption::~Interruption() {
  --living;
  for (size_t i = 0; i < std::size(told_by); ++i) ::sigaction(told_by[i], &before_[i], nullptr);
}

void Interruption::look() {
  if (came == 0) return;
  was_told = true;
  throw events::Failure(events::Exit::unreachable, fmt::format("ended by a signal ({})", ::strsignal(came)));
}

// One that comes between the look and the wait would else be noticed only when the wait is over.
void Interruption::wait(int fd, short events) {
  const HeldBack held;
  pollfd wanted{.fd = fd, .events = events, .revents = 0};
  look();
  while (::ppoll(&wanted, 1, nullptr, &held.before()) < 0 && errno == EINTR) look();
}

void Interruption::wait_for_input(int fd) { wait(fd, POLLIN); }

void Interruption::wait_for_output(int fd) {
  if (living > 0) wait(fd, POLLOUT);
}

void Interruption::end_as_told() {
  if (!was_told) return;
  std::signal(came, SIG_DFL);
  std::raise(came);
}

}  // namespace catlog::cli
