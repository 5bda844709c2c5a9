#include "tests/bench/watched_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Exit;
using events::Failure;

namespace {

constexpr int ms_between_looks = 2;
constexpr double kib_in_a_mib = 1'024, blocks_in_a_mib = 2'048;  // st_blocks are of 512 bytes

[[noreturn]] void become(const std::vector<char*>& words, uint64_t address_space_bytes) {
  const rlimit space{address_space_bytes, address_space_bytes};
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::dup2(nothing, stream) < 0) ::_exit(126);
  if (address_space_bytes > 0 && ::setrlimit(RLIMIT_AS, &space) != 0) ::_exit(126);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

// The last look counts: before exec the process is the one that started it. 0: it has ended.
double peak_mib(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  constexpr std::string_view peak = "VmHWM:";
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(peak)) return std::strtod(line.c_str() + peak.size(), nullptr) / kib_in_a_mib;
  return 0;
}

double unnamed_mib(pid_t pid) {
  double mib = 0;
  std::error_code gone;
  for (std::filesystem::directory_iterator each(fmt::format("/proc/{}/fd", pid), gone), end; !gone && each != end;
       each.increment(gone)) {
    struct stat found {};
    if (::stat(each->path().c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 0)
      mib += static_cast<double>(found.st_blocks) / blocks_in_a_mib;
  }
  return mib;
}

}  // namespace

Ended run_watched(const std::vector<std::string>& command, uint64_t address_space_bytes) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int64_t begin_ns = now_ns();
  const pid_t pid = ::fork();
  if (pid == 0) become(words, address_space_bytes);
  const int process = pid < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (process < 0)
    throw Failure(Exit::failure, fmt::format("cannot watch {}: {}", command.front(), std::strerror(errno)));
  Ended ended;
  for (pollfd gone{process, POLLIN, 0}; ::poll(&gone, 1, ms_between_looks) <= 0;) {
    if (const double mib = peak_mib(pid); mib > 0) ended.memory_mib = mib;
    ended.unnamed_mib = std::max(ended.unnamed_mib, unnamed_mib(pid));
  }
  ended.seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
  ::close(process);
  int status = 0;
  ::waitpid(pid, &status, 0);
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended;
}

}  // namespace catlog::bench
