#pragma once
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>

namespace catlog::tests {

// A forked process that runs `body` and exits with what it returns (99 when it throws). Fork before opening an LMDB
// environment: it must not cross a fork. Killed with this object.
class ChildProcess {
 public:
  // The child's end of the pair of pipes: tell() wakes hear() on the other side.
  class Line {
   public:
    void tell() const {
      if (::write(out_, "!", 1) != 1) throw std::runtime_error("the other process is gone");
    }
    // False when the other side is gone.
    bool hear() const {
      char c = 0;
      return ::read(in_, &c, 1) == 1;
    }

   private:
    friend class ChildProcess;
    int in_ = -1, out_ = -1;
  };

  explicit ChildProcess(const std::function<int(const Line&)>& body) {
    int down[2], up[2];
    if (::pipe(down) != 0 || ::pipe(up) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    line_.in_ = pid_ == 0 ? down[0] : up[0];
    line_.out_ = pid_ == 0 ? up[1] : down[1];
    ::close(pid_ == 0 ? down[1] : down[0]);
    ::close(pid_ == 0 ? up[0] : up[1]);
    if (pid_ == 0) run(body);
  }
  ChildProcess(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ > 0) kill();
    ::close(line_.in_);
    ::close(line_.out_);
  }
  pid_t pid() const { return pid_; }
  const Line& line() const { return line_; }
  // SIGKILL; returns when it is gone.
  void kill() {
    ::kill(pid_, SIGKILL);
    wait();
  }
  // Its exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  [[noreturn]] void run(const std::function<int(const Line&)>& body) const {
    // The test framework's handlers would report these, and go on in this process. AddressSanitizer keeps SIGILL, the
    // trap of undefined behaviour, where CMakePresets.json gives it that: this one then changes nothing.
    for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) ::signal(signal, SIG_DFL);
    ::signal(SIGPIPE, SIG_DFL);  // as in run.cpp: it may become a program
    int code = 99;
    try {
      code = body(line_);
    } catch (...) {
    }
    ::_exit(code);
  }
  pid_t pid_ = -1;
  Line line_;
};

}  // namespace catlog::tests
