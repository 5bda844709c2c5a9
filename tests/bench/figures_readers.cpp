// The figures of readers: what `catlog sql` prints, beside SQLite's own shell, and what it takes at the most.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/watched_run.h"

namespace catlog::bench {
namespace {

constexpr uint64_t reader_space_bytes = uint64_t{2} << 30;

// Throws Failure(failure) unless it ends well.
Ended run_unread(const std::vector<std::string>& command) {
  const Ended ended = run_watched(command);
  if (ended.exit_code != 0)
    throw events::Failure(events::Exit::failure, fmt::format("{} does not end well", command.front()));
  return ended;
}

// Statements that would take more than anybody has. REGEXP is no function of SQLite's.
struct Greedy {
  const char* name;
  std::string sql;
};
std::vector<Greedy> greedy_statements() {
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";
  const std::string rows =
      "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i || hex(zeroblob(20000)) AS x FROM n)";
  const std::string values =
      fmt::format("{}", fmt::join(std::vector<std::string>(30, "hex(randomblob(7000000))"), ", "));
  return {
      {"a large value", "SELECT length(printf('%.*c', 2000000000, 'x'))"},
      {"many large values", "SELECT " + values},
      {"large values one by one", numbers + "max(x) FROM (SELECT hex(randomblob(5000000)) AS x FROM n)"},
      {"a recursion", numbers + "count(*) FROM n"},
      {"a sort", fmt::format("SELECT count(*) FROM (SELECT x FROM {} ORDER BY x LIMIT -1 OFFSET 1)", rows)},
      {"two sorts", fmt::format("SELECT count(*) FROM (SELECT DISTINCT x FROM {0}) a JOIN (SELECT x FROM {0} ORDER BY "
                                "x LIMIT -1 OFFSET 1) b",
                                rows)},
      {"rows that are written", "SELECT x FROM " + rows},
      {"LIKE", "SELECT hex(zeroblob(8000000)) LIKE '%' || hex(zeroblob(24000)) || '1'"},
      {"GLOB", "SELECT hex(zeroblob(8000000)) GLOB '*' || hex(zeroblob(24000)) || '1'"}};
}

}  // namespace

void Figures::csv() {
  prepare();
  const std::string sql = fmt::format(
      "WITH RECURSIVE times(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < {}) "
      "SELECT movies.* FROM times, movies LIMIT {}",
      counts_.csv_rows / counts_.existing + 1, counts_.csv_rows);
  const auto& data = daemon_->data();
  const auto rows = static_cast<double>(counts_.csv_rows);
  const Ended raw = run_unread({"sqlite3", "-readonly", "-csv", data / "readmodel/current.sqlite", sql});
  const Ended ours = run_unread({program_.parent_path() / "catlog", "--data", data, "sql", "--format", "csv",
                                 "--timeout-s", "600", "--max-rows", std::to_string(counts_.csv_rows), sql});
  table_.add({fmt::format("csv: rows/s of {} rows of movies", counts_.csv_rows), "sqlite3 -csv", "0.5 of raw"},
             rows / ours.seconds, rows / raw.seconds);
  table_.add({"csv: the most memory of it, MiB", "sqlite3 -csv"}, ours.memory_mib, raw.memory_mib);
}

void Figures::limits() {
  prepare();
  auto statements = greedy_statements();
  if (statements.size() > counts_.greedy) statements.resize(counts_.greedy);
  for (const Greedy& greedy : statements) {
    const Ended ended = run_watched({program_.parent_path() / "catlog", "--data", daemon_->data(), "sql", "--format",
                                     "csv", "--timeout-s", std::to_string(counts_.limit_s), greedy.sql},
                                    reader_space_bytes);
    // A program that crashed, or did what cannot be done, is no figure.
    if (ended.exit_code != static_cast<int>(events::Exit::refused) &&
        ended.exit_code != static_cast<int>(events::Exit::usage))
      throw events::Failure(events::Exit::failure, fmt::format("{} ends with {}", greedy.name, ended.exit_code));
    const auto line = [&](const char* what, const char* floor) {
      return Line{fmt::format("statement that is stopped, {}: {}", greedy.name, what), "", floor};
    };
    table_.add(line("its time, of its limit", "<= 1.5"), ended.seconds / counts_.limit_s);
    table_.add(line("the most memory, MiB", "<= 512"), ended.memory_mib);
    table_.add(line("the most temporary disk, MiB", "<= 1024"), ended.unnamed_mib);
    interrupt_.check();
  }
}

}  // namespace catlog::bench
