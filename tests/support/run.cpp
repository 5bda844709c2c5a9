#include "tests/support/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace catlog::tests {
namespace {

constexpr size_t max_start_bytes = 64 * 1024;  // a daemon that says more before it is ready is none of ours

constexpr int cannot_start = 127;

int require(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

// A file in memory: a program can neither block on it nor leave it behind.
int memory_file(const char* name, std::string_view content = {}) {
  const int fd = require(::memfd_create(name, MFD_CLOEXEC), "memfd_create");
  for (size_t at = 0; at < content.size();)
    at += static_cast<size_t>(require(
        static_cast<int>(::write(fd, content.data() + at, std::min<size_t>(content.size() - at, 1 << 20))), "write"));
  require(static_cast<int>(::lseek(fd, 0, SEEK_SET)), "lseek");
  return fd;
}

std::string content_of(int fd) {
  std::string content;
  char part[1 << 16];
  for (ssize_t count = 0; (count = ::pread(fd, part, sizeof part, static_cast<off_t>(content.size()))) > 0;)
    content.append(part, static_cast<size_t>(count));
  return content;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

pid_t spawn(const std::vector<std::string>& argv, int in, int out, int err) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry; ++entry)
    if (std::string_view(*entry).substr(0, 12) != "CATLOG_DATA=") environment.emplace_back(*entry);
  const auto arguments = pointers(argv), variables = pointers(environment);
  // Not fork(), which copies the tables of all pages: a sanitized suite has tens of thousands.
  const pid_t parent = ::getpid(), pid = require(::vfork(), "vfork");
  if (pid == 0) {
    // It must not outlive a test that is killed.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Runners there are that ignore it, and it would be inherited.
    ::signal(SIGPIPE, SIG_DFL);
    const bool is_ready = ::getppid() == parent && ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 &&
                          ::dup2(err, STDERR_FILENO) >= 0;
    if (is_ready) ::execve(arguments[0], arguments.data(), variables.data());
    constexpr std::string_view sentence = "the program cannot be started\n";
    ::_exit(::write(err, sentence.data(), sentence.size()) > 0 ? cannot_start : cannot_start + 1);
  }
  return pid;
}

// Whether `fd` can be read before `deadline`.
bool is_readable(int fd, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&asked, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

// Its exit code, minus the signal that ended it: SIGKILL when it took longer than `limit`.
int wait_for(pid_t pid, std::chrono::milliseconds limit) {
  const int ended = require(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "pidfd_open");
  if (!is_readable(ended, std::chrono::steady_clock::now() + limit)) ::kill(pid, SIGKILL);
  ::close(ended);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

Ran run(const std::vector<std::string>& argv, std::string_view input, std::chrono::milliseconds limit) {
  const int in = memory_file("in", input), out = memory_file("out"), err = memory_file("err");
  Ran ran;
  ran.exit_code = wait_for(spawn(argv, in, out, err), limit);
  ran.out = content_of(out);
  ran.err = content_of(err);
  for (int fd : {in, out, err}) ::close(fd);
  return ran;
}

Daemon::Daemon(const std::filesystem::path& program, const std::filesystem::path& data,
               const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{program.string(), "--data", data.string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  int pipe_ends[2];
  require(::pipe2(pipe_ends, O_CLOEXEC), "pipe2");
  const int in = memory_file("in");
  out_ = pipe_ends[0];
  err_ = memory_file("err");
  pid_ = spawn(argv, in, pipe_ends[1], err_);
  ::close(in);
  ::close(pipe_ends[1]);
  const std::string name = program.filename().string();
  if (hear_ready(name + " ready\n")) return;
  const std::string said = err();
  kill();
  ::close(out_);
  ::close(err_);
  throw std::runtime_error(name + " did not become ready: " + said);
}

Daemon::~Daemon() {
  kill();
  ::close(out_);
  ::close(err_);
}

void Daemon::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int Daemon::terminate() {
  ::kill(pid_, SIGTERM);
  return wait();
}

int Daemon::wait() {
  const int code = wait_for(pid_, longest_stop);
  pid_ = -1;
  return code;
}

std::string Daemon::err() const { return content_of(err_); }

bool Daemon::hear_ready(const std::string& ready_line) const {
  const auto deadline = std::chrono::steady_clock::now() + longest_start;
  std::string heard;
  while (heard.find(ready_line) == std::string::npos) {
    if (!is_readable(out_, deadline)) return false;
    char part[256];
    const ssize_t count = ::read(out_, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || heard.size() > max_start_bytes) return false;
    heard.append(part, static_cast<size_t>(count));
  }
  return true;
}

}  // namespace catlog::tests
