#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::tests {

// How a program ended and what it wrote.
struct Ran {
  int exit_code = 0;  // minus the signal that ended it
  std::string out, err;
};

// Runs a program (argv[0] is its path) to its end with `input` as its standard input. It inherits the environment
// without CATLOG_DATA. Throws when it cannot be started.
Ran run(const std::vector<std::string>& argv, std::string_view input = {});

// A running catlogd, ready to take commands. Killed with this object.
class Daemon {
 public:
  // Starts `program` with --data and `arguments` and returns when it has printed "catlogd ready". Throws, with what it
  // wrote, when it ends before that.
  Daemon(const std::filesystem::path& program, const std::filesystem::path& data,
         const std::vector<std::string>& arguments = {});
  Daemon(const Daemon&) = delete;
  ~Daemon();

  pid_t pid() const { return pid_; }
  // SIGKILL; returns when it is gone.
  void kill();
  // SIGTERM; its exit code, minus the signal that ended it.
  int terminate();
  int wait();
  // What it has written to stderr so far.
  std::string err() const;

 private:
  bool hear_ready() const;
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

}  // namespace catlog::tests
