#include "bin/housekeeping/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "bin/housekeeping/record.h"
#include "events/descriptor.h"
#include "events/error.h"

namespace catlog::housekeeping {

namespace {

using Clock = std::chrono::steady_clock;
using events::Descriptor;
using events::Exit;
using events::Failure;

constexpr size_t kept_of_output = 4'096;                 // its end says what went wrong
constexpr std::chrono::milliseconds time_to_end{2'000};  // after SIGTERM
constexpr int lowest_priority = 19;
constexpr int idle_io = 3 << 13;  // IOPRIO_CLASS_IDLE, for which glibc has no name
constexpr int cannot_start = 127;
constexpr int time_for_the_stop_ms = 1'000;

[[noreturn]] void fail(const char* what) {
  throw Failure(Exit::failure, fmt::format("catlog cannot be run: {}: {}", what, std::strerror(errno)));
}

// What a program writes into it; of that the end is kept.
class Output {
 public:
  Output() : Output(make_pipe()) {}
  int reading() const { return read_.get(); }
  int writing() const { return write_.get(); }
  // The child has its own.
  void close_writing() { write_.close(); }
  void take() {
    char part[4'096];
    ssize_t count = 0;
    while ((count = ::read(read_.get(), part, sizeof part)) > 0) {
      text_.append(part, static_cast<size_t>(count));
      if (text_.size() > 2 * kept_of_output) text_.erase(0, text_.size() - kept_of_output);
    }
    if (count == 0) read_.close();
  }
  // The last lines, as one: without what a progress bar drew over.
  std::string last_words() const {
    std::string words;
    for (size_t end = text_.size(), lines = 0; end > 0 && lines < 3;) {
      const size_t begin = text_.find_last_of("\r\n", end - 1);
      const size_t from = begin == std::string::npos ? 0 : begin + 1;
      const std::string line = text_.substr(from, end - from);
      if (line.find_first_not_of(" \t") != std::string::npos) {
        words = words.empty() ? line : fmt::format("{}; {}", line, words);
        ++lines;
      }
      end = from == 0 ? 0 : from - 1;
    }
    return kept_words(words);
  }

 private:
  struct Ends {
    int read, write;
  };
  static Ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return {ends[0], ends[1]};
  }
  explicit Output(Ends ends) : read_(ends.read), write_(ends.write) {}
  Descriptor read_, write_;
  std::string text_;
};

// The rest of the process's life before it is another program: between fork and exec in a process of several threads
// only calls that a signal handler may make.
[[noreturn]] void become(const char* const* argv, int in, int out, int err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(cannot_start);
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);  // the daemon blocks those that end it
  for (const int signal : {SIGSEGV, SIGBUS, SIGXFSZ, SIGPIPE}) ::signal(signal, SIG_DFL);
  ::setpriority(PRIO_PROCESS, 0, lowest_priority);
  ::syscall(SYS_ioprio_set, 1, 0, idle_io);
  // Where memory runs out, it is this process that goes and not the daemon.
  if (const int adjust = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); adjust >= 0) {
    if (::write(adjust, "1000", 4) < 0) ::close(adjust);
  }
  if (::dup2(in, STDIN_FILENO) < 0 || ::dup2(out, STDOUT_FILENO) < 0 || ::dup2(err, STDERR_FILENO) < 0)
    ::_exit(cannot_start);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  ::execv(argv[0], const_cast<char* const*>(argv));
  ::_exit(cannot_start);
}

// A process and those that it starts; ended, and waited for, with this object.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, Output& out, Output& err) {
    std::vector<const char*> argv;
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    argv.push_back(nullptr);
    const Descriptor in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const pid_t parent = ::getpid();
    id_ = ::fork();
    if (id_ < 0) fail("fork");
    if (id_ == 0) become(argv.data(), in.get(), out.writing(), err.writing(), parent);
    ::setpgid(id_, id_);  // whoever comes first
    out.close_writing();
    err.close_writing();
    ended_.emplace(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
    if (ended_fd() >= 0) return;
    wait();
    fail("pidfd_open");
  }
  Child(const Child&) = delete;
  ~Child() { end(); }

  int ended_fd() const { return ended_->get(); }
  // Asks it to end, and after a while makes it.
  void end() {
    if (id_ <= 0) return;
    ::kill(-id_, SIGTERM);
    pollfd ended{ended_fd(), POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(time_to_end.count()));
    wait();
  }
  // The status of a process that has ended; of one that has not, after it was killed.
  int wait() {
    ::kill(-id_, SIGKILL);  // what it started and did not wait for
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
    return status;
  }

 private:
  pid_t id_ = -1;
  std::optional<Descriptor> ended_;
};

std::string ending(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("it was ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) == cannot_start) return "it cannot be started";
  return fmt::format("it ended with {}", WEXITSTATUS(status));
}

// Why the waiting for a process was over.
enum class Over { ended, stopped, took_too_long };

Over wait_for(const Child& child, const events::Stop& stop, Clock::time_point deadline, Output& out, Output& err) {
  for (;;) {
    pollfd all[] = {
        {stop.fd(), POLLIN, 0}, {child.ended_fd(), POLLIN, 0}, {out.reading(), POLLIN, 0}, {err.reading(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const int ready = ::poll(all, 4, static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT32_MAX)));
    if (ready < 0 && errno != EINTR) fail("poll");
    if (all[0].revents != 0) return Over::stopped;
    if (all[2].revents != 0) out.take();
    if (all[3].revents != 0) err.take();
    if (all[1].revents != 0) return Over::ended;
    if (Clock::now() >= deadline) return Over::took_too_long;
  }
}

}  // namespace

std::filesystem::path program_beside(const char* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

Outcome ChildPrograms::run(const std::vector<std::string>& arguments) {
  if (stop_.is_set()) return {End::stopped, {}};
  std::vector<std::string> argv{program_.string(), "--data", data_.string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const std::string what = "catlog " + arguments.front();
  if (::access(program_.c_str(), X_OK) != 0)
    return {End::failed,
            fmt::format("{}: {} is no program that can be run: say by --catlog where it is", what, program_.string())};
  Output out, err;
  Child child(argv, out, err);
  const Over over = wait_for(child, stop_, Clock::now() + limit_, out, err);
  if (over == Over::stopped) return {End::stopped, {}};
  if (over == Over::took_too_long) {
    child.end();
    err.take();
    return {End::failed, fmt::format("{}: it took longer than {} s and was ended: {}", what, limit_.count() / 1'000,
                                     err.last_words())};
  }
  const int status = child.wait();
  // Who stops a service may ask all of its processes to end, and this one was the first to hear it.
  pollfd stopping{stop_.fd(), POLLIN, 0};
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && ::poll(&stopping, 1, time_for_the_stop_ms) > 0)
    return {End::stopped, {}};
  out.take();
  err.take();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {End::done, err.last_words()};
  // What a check finds it writes to stdout.
  const std::string found = out.last_words(), said = err.last_words();
  return {End::failed, kept_words(fmt::format("{}: {}: {}{}{}", what, ending(status), found,
                                              found.empty() || said.empty() ? "" : "; ", said))};
}

}  // namespace catlog::housekeeping
