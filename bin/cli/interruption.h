#pragma once
#include <csignal>

namespace catlog::cli {

// For whoever has something to say when he is told to end, such as which commands have no receipt. While it lives,
// SIGINT, SIGTERM and SIGHUP do not end the process at once: look() throws, and what was said on the way out stands
// before the end, which is by that signal (end_as_told). A second one, the same or another, ends the process at once,
// so nothing that blocks keeps anybody. One of them that this process was started to ignore (nohup) stays ignored.
// Threads: one.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  ~Interruption();

  // Failure(unreachable) when one of them came, whether an Interruption lives or not; nothing when none did.
  static void look();
  // Returns when `fd` can be read without waiting, or is at its end. Failure as look(), also for one that comes
  // meanwhile.
  static void wait_for_input(int fd);
  // While one lives: returns when `fd` takes PIPE_BUF bytes without waiting. Likewise.
  static void wait_for_output(int fd);
  // Ends the process by the signal that look() told of; returns when it told of none: then nothing was cut short.
  static void end_as_told();

 private:
  static void wait(int fd, short events);
  struct sigaction before_[3]{};
};

}  // namespace catlog::cli
