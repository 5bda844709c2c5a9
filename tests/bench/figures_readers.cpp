// The figures of readers: what `catlog sql` prints, beside SQLite's own shell.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

constexpr size_t csv_rows = 1'000'000;
constexpr double kib_per_mib_of_readers = 1'024;

struct Ended {
  double seconds = 0;
  double memory_mib = 0;  // the most that it had at a time
};

// Runs the program with its output thrown away. Throws Failure(failure) unless it ends well.
Ended run_unread(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int64_t begin_ns = now_ns();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
      if (::dup2(nothing, stream) < 0) ::_exit(126);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  int status = 0;
  struct rusage used {};
  if (::wait4(pid, &status, 0, &used) != pid || status != 0)
    throw events::Failure(events::Exit::failure, fmt::format("{} does not end well", command.front()));
  return {static_cast<double>(now_ns() - begin_ns) / 1e9, static_cast<double>(used.ru_maxrss) / kib_per_mib_of_readers};
}

}  // namespace

void Figures::csv() {
  prepare();
  const std::string sql = fmt::format(
      "WITH RECURSIVE times(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < {}) "
      "SELECT movies.* FROM times, movies LIMIT {}",
      csv_rows / counts_.existing + 1, csv_rows);
  const auto& data = daemon_->data();
  const Ended raw = run_unread({"sqlite3", "-readonly", "-csv", data / "readmodel/current.sqlite", sql});
  const Ended ours = run_unread({program_.parent_path() / "catlog", "--data", data, "sql", "--format", "csv",
                                 "--timeout-s", "600", "--max-rows", std::to_string(csv_rows), sql});
  table_.add({"csv: rows/s of 1,000,000 rows of movies", "sqlite3 -csv", "0.5 of raw"}, csv_rows / ours.seconds,
             csv_rows / raw.seconds);
  table_.add({"csv: the most memory of it, MiB", "sqlite3 -csv"}, ours.memory_mib, raw.memory_mib);
}

}  // namespace catlog::bench
