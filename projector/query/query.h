#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "projector/picture/rows.h"
#include "projector/quarantine/left_out.h"
#include "projector/query/format.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/guard.h"

namespace catlog::projector {

struct QueryLimits {
  std::chrono::milliseconds run{30'000};   // the statement
  std::chrono::milliseconds given{0};      // what the statement had before part of it was spent; 0: `run`
  std::chrono::milliseconds wait{30'000};  // --wait-for
  uint64_t rows = UINT64_MAX;
  std::function<void()> at_overdue = {};  // as GuardOptions has it
};

// What an answer belongs to: all of one snapshot.
struct Answer {
  Checkpoint checkpoint;
  LeftOutEvents left_out;
};

// One statement that a person typed.
struct Question {
  std::string_view sql;
  std::vector<Parameter> parameters = {};
  std::vector<Beside> beside = {};  // other read models, each as a schema
  const store::Log* log = nullptr;  // as GuardOptions has it
  // The moments that are asked about, as the read model writes times: of `:now`, or of `:now_a` and `:now_b`.
  std::vector<Parameter> moments = {};
  bool only_beside = false;  // as GuardOptions has it
};
GuardOptions guard_options(const Question& question, const QueryLimits& limits);

// Runs the statement against a read model and writes its rows. Reading only: anything else is refused. Throws as Guard,
// and what `out` throws; Failure(refused) for more rows than the limit. Rows may have been written by then.
Answer run_query(const std::filesystem::path& file, const Question& question, const Style& style,
                 const QueryLimits& limits, std::ostream& out);

// Throws Failure(refused).
[[noreturn]] void refuse_more_rows(uint64_t limit);

// The same into memory, for few rows: to be drawn.
struct CollectedAnswer {
  Rows rows;
  Answer answer;
};
CollectedAnswer collect_query(const std::filesystem::path& file, const Question& question, const QueryLimits& limits);

// Waits until the read model that `link` leads to holds the event at `position`. Throws Failure(unreachable) when that
// takes longer than the limit (the projector is behind or does not run).
void wait_for_position(const std::filesystem::path& link, Position position, const QueryLimits& limits);

}  // namespace catlog::projector
