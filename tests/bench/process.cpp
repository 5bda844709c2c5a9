#include "tests/bench/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/error.h"

namespace catlog::bench {

using events::Exit;
using events::Failure;

namespace {

constexpr int ready_timeout_ms = 60'000;
constexpr size_t log_shown_bytes = 2'000;
constexpr std::string_view ready_line = "catlogd ready\n";

}  // namespace

Interrupt::Interrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw Failure(Exit::failure, fmt::format("cannot make a signalfd: {}", std::strerror(errno)));
}

Interrupt::~Interrupt() { ::close(fd_); }

void Interrupt::check() const {
  pollfd signalled{fd_, POLLIN, 0};
  if (::poll(&signalled, 1, 0) > 0) throw Failure(Exit::failure, "stopped by a signal");
}

Scratch::Scratch(const std::filesystem::path& parent) {
  std::filesystem::create_directories(parent);
  std::string name = std::filesystem::absolute(parent).lexically_normal() / "bench-XXXXXX";
  if (!::mkdtemp(name.data()))
    throw Failure(Exit::failure, fmt::format("cannot make {}: {}", name, std::strerror(errno)));
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Daemon::Daemon(const std::filesystem::path& program, const std::filesystem::path& data_directory,
               const std::filesystem::path& log_file, Start start)
    : data_(data_directory), log_file_(log_file) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0)
    throw Failure(Exit::failure, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  int log = ::open(log_file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    // Also when this process is killed outright, nothing of it stays.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(output[1], STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execl(program.c_str(), program.c_str(), "--data", data_.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(output[1]);
  ::close(log);
  output_ = output[0];
  if (start == Start::wait_until_ready) wait_until_ready();
}

void Daemon::wait_until_ready() {
  if (pid_ > 0 && hears_ready()) return;
  int code = end(SIGTERM);
  failed(fmt::format("catlogd did not get ready (exit code {})", code));
}

bool Daemon::hears_ready() const {
  std::string text;
  for (;;) {
    pollfd readable{output_, POLLIN, 0};
    char buffer[256];
    if (::poll(&readable, 1, ready_timeout_ms) <= 0) return false;
    auto size = ::read(output_, buffer, sizeof buffer);
    if (size <= 0) return false;
    text.append(buffer, static_cast<size_t>(size));
    if (text.find(ready_line) != std::string::npos) return true;
  }
}

Daemon::~Daemon() {
  end(SIGTERM);
  ::close(output_);
}

void Daemon::kill() { end(SIGKILL); }

std::string Daemon::endpoint() const { return events::endpoint_in(data_, "commands.ipc"); }

void Daemon::stop() {
  if (int code = end(SIGTERM); code != 0) failed(fmt::format("catlogd ended with {}", code));
}

int Daemon::end(int signal) noexcept {
  if (pid_ <= 0) return 0;
  int status = 0;
  ::kill(pid_, signal);
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void Daemon::failed(const std::string& what) const {
  std::ifstream file(log_file_);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > log_shown_bytes) text.erase(0, text.size() - log_shown_bytes);
  throw Failure(Exit::failure, what + "; it said:\n" + text);
}

}  // namespace catlog::bench
