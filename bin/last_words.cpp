#include "bin/last_words.h"

#include <csignal>
#include <cstring>

#include <unistd.h>

#include "events/error.h"

namespace catlog {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

const char* name = "";

void say(const char* text) { static_cast<void>(!::write(STDERR_FILENO, text, std::strlen(text))); }

void last_words(int signal) {
  say(name);
  say(signal == SIGBUS ? ": ended by signal 7 (bus error)" : ": ended by signal 11 (segmentation fault)");
  say(", as a damaged or cut file of log/ or state/ does it; see \"Damage\" in ops/RUNBOOK.md, and run `catlog "
      "verify`: if that finds nothing, this is a bug\n");
  ::_exit(static_cast<int>(events::Exit::damaged));
}

}  // namespace

void tell_last_words(const char* program) {
  std::signal(SIGXFSZ, SIG_IGN);
  if (is_sanitized) return;
  name = program;
  for (const int signal : {SIGSEGV, SIGBUS}) std::signal(signal, last_words);
}

void end_by_signals() {
  for (const int signal : {SIGSEGV, SIGBUS}) std::signal(signal, SIG_DFL);
}

}  // namespace catlog
