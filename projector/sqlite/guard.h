#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

// A connection for SQL that a person typed: it can only read this one file (opened read-only, PRAGMA query_only, and an
// authorizer that refuses everything but SELECT, functions and pragmas that only look), and only for so long.
//
// Threads: one at a time.
class Guard {
 public:
  using Clock = std::chrono::steady_clock;
  // Statements may run for `limit` from now on, all together. Begins a snapshot, which their rows and the checkpoint
  // belong to. Throws Failure(failure) when the file cannot be read, Failure(damaged) when it is no read model.
  // `today`: another read model that can be read beside it, as schema `today`.
  Guard(const std::filesystem::path& file, std::chrono::milliseconds limit,
        const std::optional<std::filesystem::path>& today = {});
  Guard(const Guard&) = delete;

  // The one statement that this text is, and its next row, as Statement::step. Throws Failure(usage) for SQL that is
  // wrong, writes, or holds more than one statement; Failure(refused) when it takes longer than the limit; what
  // Database throws when the file cannot be read.
  Statement prepare(std::string_view sql) const;
  bool step(Statement& statement) const;

  const Database& database() const { return database_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  bool expired() const { return Clock::now() >= deadline_; }

 private:
  [[noreturn]] void refuse() const;
  Database database_;
  std::chrono::milliseconds limit_;
  Clock::time_point deadline_;
  Transaction snapshot_;
  Checkpoint checkpoint_;
};

}  // namespace catlog::projector
