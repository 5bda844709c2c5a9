#include "bin/cli/watched.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <memory>
#include <new>

#include <fmt/format.h>

#include "bin/cli/failures.h"
#include "bin/last_words.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

namespace {

struct Unmap {
  void operator()(void* memory) const { ::munmap(memory, sizeof(Board)); }
};

void* shared_memory() {
  void* memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw Failure(Exit::failure, fmt::format("no memory: {}", std::strerror(errno)));
  return memory;
}

// What a process does to itself when it reads what cannot be; the others are somebody else's doing.
bool is_its_own(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT || signal == SIGFPE || signal == SIGILL;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw Failure(Exit::failure, fmt::format("cannot wait: {}", std::strerror(errno)));
  return status;
}

}  // namespace

std::optional<Exit> Watched::run(const std::function<Exit(Board&)>& work) {
  const std::unique_ptr<void, Unmap> memory(shared_memory());
  auto& board = *new (memory.get()) Board;
  std::cout.flush();
  const pid_t child = ::fork();
  if (child < 0) throw Failure(Exit::failure, fmt::format("cannot start a process: {}", std::strerror(errno)));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    end_by_signals();
    const Exit code = exit_code_of([&] { return work(board); });
    board.ended_.store(true);
    ::_exit(static_cast<int>(code));
  }
  const int status = wait_for(child);
  if (board.ended_.load() && WIFEXITED(status)) return static_cast<Exit>(WEXITSTATUS(status));
  const std::string how = WIFSIGNALED(status) ? fmt::format("it was ended by signal {} ({})", WTERMSIG(status),
                                                            ::strsignal(WTERMSIG(status)))
                                              : fmt::format("it ended itself with {}", WEXITSTATUS(status));
  sentence_ = fmt::format("{} while {}, after position {}", how, board.doing_.load(), board.position_.load());
  if (WIFSIGNALED(status) && !is_its_own(WTERMSIG(status)))
    throw Failure(Exit::failure, fmt::format("the check was stopped from outside, by a user or for want of memory, "
                                             "and says nothing about the data: {}; run it again",
                                             sentence_));
  return {};
}

}  // namespace catlog::cli
