#include "bin/cli/interruption.h"

#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::cli {
namespace {

constexpr int told_by[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t came = 0;

void note(int signal) { came = signal; }

}  // namespace

// Without SA_RESTART: who waits looks at once.
Interruption::Interruption() {
  struct sigaction act {};
  act.sa_handler = note;
  act.sa_flags = static_cast<int>(SA_RESETHAND);
  for (size_t i = 0; i < std::size(told_by); ++i) {
    ::sigaction(told_by[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(told_by[i], &act, nullptr);
  }
}

Interruption::~Interruption() {
  for (size_t i = 0; i < std::size(told_by); ++i) ::sigaction(told_by[i], &before_[i], nullptr);
}

void Interruption::look() {
  if (came == 0) return;
  throw events::Failure(events::Exit::unreachable, fmt::format("ended by a signal ({})", ::strsignal(came)));
}

void Interruption::end_as_told() {
  if (came == 0) return;
  std::signal(came, SIG_DFL);
  std::raise(came);
}

}  // namespace catlog::cli
