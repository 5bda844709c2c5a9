#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::tests {

constexpr std::chrono::seconds longest_run{240};   // of a program that is run to its end; then it is killed
constexpr std::chrono::seconds longest_start{60};  // of a daemon, until it is ready
constexpr std::chrono::seconds longest_stop{60};   // of a daemon that was told to end; then it is killed

// How a program ended and what it wrote.
struct Ran {
  int exit_code = 0;  // minus the signal that ended it
  std::string out, err;
};

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Runs a program (argv[0] is its path) to its end with `input` as its standard input. It inherits the environment
// without CATLOG_DATA, and dies with the thread that runs it. 127: it could not be started. Killed, and gone, when it
// takes longer than `limit`.
Ran run(const std::vector<std::string>& argv, std::string_view input = {},
        std::chrono::milliseconds limit = longest_run);

// A running catlogd, ready to take commands; or another program that has --data and says "NAME ready". Killed with this
// object, and with the thread that started it.
class Daemon {
 public:
  // Starts `program` with --data and `arguments` and returns when it has printed "catlogd ready" (its own name).
  // Throws, with what it wrote, when it ends before that.
  Daemon(const std::filesystem::path& program, const std::filesystem::path& data,
         const std::vector<std::string>& arguments = {});
  Daemon(const Daemon&) = delete;
  ~Daemon();

  pid_t pid() const { return pid_; }
  // SIGKILL; returns when it is gone.
  void kill();
  // SIGTERM; its exit code, minus the signal that ended it.
  int terminate();
  // The same for one that ends by itself.
  int wait();
  // What it has written to stderr so far.
  std::string err() const;

 private:
  bool hear_ready(const std::string& ready_line) const;
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

}  // namespace catlog::tests
