#pragma once
#include <chrono>
#include <filesystem>
#include <optional>

#include "projector/checkpoint.h"
#include "projector/sqlite.h"

namespace catlog::projector {

// A connection for SQL that a person typed: it can only read this one file (opened read-only, PRAGMA query_only, and an
// authorizer that refuses everything but SELECT, functions and pragmas that only look), and only for so long.
//
// Threads: one at a time.
class Guard {
 public:
  using Clock = std::chrono::steady_clock;
  // From `deadline` on every statement fails. Begins a snapshot, which its rows and its checkpoint belong to. Throws
  // Failure(failure) when the file cannot be read, Failure(damaged) when it is no read model.
  // `today`: another read model that can be read beside it, as schema `today`.
  Guard(const std::filesystem::path& file, Clock::time_point deadline,
        const std::optional<std::filesystem::path>& today = {});
  Guard(const Guard&) = delete;

  const Database& database() const { return database_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  bool expired() const { return Clock::now() >= deadline_; }

 private:
  Database database_;
  Clock::time_point deadline_;
  Transaction snapshot_;
  Checkpoint checkpoint_;
};

}  // namespace catlog::projector
