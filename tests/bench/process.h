#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>

namespace catlog::bench {

// SIGINT and SIGTERM as something to ask for, so that everything is stopped and removed on the way out.
// Make it before any thread. Threads: any.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  // Throws Failure(failure) when one of the signals has come.
  void check() const;

 private:
  int fd_;
};

// An empty directory inside another one, which goes with this object.
class Scratch {
 public:
  // Throws Failure(failure).
  explicit Scratch(const std::filesystem::path& parent);
  Scratch(const Scratch&) = delete;
  ~Scratch();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

enum class Start { wait_until_ready, at_once };

// A catlogd process with all its loops. Stopped with SIGTERM, and waited for, when this object goes.
class Daemon {
 public:
  // Throws Failure(failure), as wait_until_ready.
  Daemon(const std::filesystem::path& program, const std::filesystem::path& data_directory,
         const std::filesystem::path& log_file, Start start = Start::wait_until_ready);
  Daemon(const Daemon&) = delete;
  ~Daemon();
  const std::filesystem::path& data() const { return data_; }
  std::string endpoint() const;
  pid_t pid() const { return pid_; }
  // Throws Failure(failure) with the end of what it wrote to `log_file` when it never is.
  void wait_until_ready();
  void kill();  // kill -9
  // Stops it; throws Failure(failure) when it does not end well.
  void stop();

 private:
  bool hears_ready() const;
  int end(int signal) noexcept;  // its exit code
  [[noreturn]] void failed(const std::string& what) const;

  std::filesystem::path data_, log_file_;
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace catlog::bench
