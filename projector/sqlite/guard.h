#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/log_table.h"
#include "projector/sqlite/sqlite.h"
#include "store/log.h"

namespace catlog::projector {

// A value for `:name`, `@name` or `$name`: a number where JSON would read one (7, -1.50, 1e9; not 007, +7 or 0x10) that
// SQLite can hold, else text. What is a whole number beyond 2^63 - 1 is text.
struct Parameter {
  std::string name, value;
  bool is_text = false;  // whatever it looks like
};

// Another read model that can be read beside a Guard's own, as a schema of this name.
struct Beside {
  std::string schema;  // a name of ours: today
  std::filesystem::path file;
};

struct GuardOptions {
  // The time of all statements together, from the Guard's beginning on; nothing that happens meanwhile makes it longer.
  std::chrono::milliseconds limit{30'000};
  // What a refusal says that the limit was, where part of it was spent before; 0: `limit`.
  std::chrono::milliseconds limit_as_given{0};
  std::vector<Beside> beside = {};
  // The tables of the file itself may not be named, only those beside it: two moments are asked, and which of them is
  // meant must be said.
  bool only_beside = false;
  // Its events up to the file's checkpoint are the table log_events (log_table.h). Null: there is no such table.
  const store::Log* log = nullptr;
  // Called, in another thread, when a statement has not ended a fifth of the limit (ten seconds at most) after it was
  // interrupted: one step of SQLite's that nothing interrupts. When it is empty nothing is done; a process that may end
  // should end itself here.
  std::function<void()> at_overdue = {};
};

// A connection for SQL that a person typed. It can only read this one file (opened read-only, PRAGMA query_only, and an
// authorizer that refuses everything but SELECT, functions and pragmas that only look), only for so long, and no value
// may be longer than 16 MiB. limit_statements (statement_limits.h) limits memory and temporary files.
//
// Threads: one at a time.
class Guard {
 public:
  using Clock = std::chrono::steady_clock;
  // Begins a snapshot, which all rows and the checkpoint belong to. Throws Failure(failure) when the file cannot be
  // read, Failure(damaged) when it is no read model.
  Guard(const std::filesystem::path& file, GuardOptions options);
  Guard(const Guard&) = delete;

  // The one statement that this text is. Throws Failure(usage) for SQL that is wrong, writes, or holds more than one
  // statement (comments may follow it), and as step().
  Statement prepare(std::string_view sql) const;
  // A prepared statement's own text: without what followed it.
  static std::string_view text_of(const Statement& statement);
  // Gives each parameter of the statement its value; the texts must live until it has run. Throws Failure(usage) for a
  // parameter without a value or without a name, and for a value that belongs to no parameter. `moments`: texts that
  // the statement may ask for; what `parameters` name comes before them.
  void bind(Statement& statement, std::span<const Parameter> parameters, std::span<const Parameter> moments = {}) const;
  // Whether there is a next row. Throws Failure(refused) when the statement takes longer, or needs more memory or
  // temporary space, than it may; what Database throws when the file cannot be read.
  bool step(Statement& statement) const;

  const Database& database() const { return database_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  bool expired() const { return Clock::now() >= deadline_; }

 private:
  static int authorize(void* guard, int action, const char* first, const char* second, const char* schema,
                       const char* view);
  void find_own_tables();  // and shadows them
  std::string with_schemas() const;
  [[noreturn]] void refuse() const;
  void watch(const std::stop_token& ended) const;
  GuardOptions options_;
  Database database_;
  Clock::time_point deadline_;
  Transaction snapshot_;
  Checkpoint checkpoint_;
  std::optional<LogTable> log_table_;
  std::set<std::string, std::less<>> own_tables_;  // that may not be named
  mutable std::string named_without_schema_;       // one that was
  mutable bool is_typed_ = false;                  // what SQLite prepares just now
  std::jthread timer_;                             // ends before the connection that it interrupts
};

}  // namespace catlog::projector
