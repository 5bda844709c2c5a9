#pragma once
#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string_view>
#include <vector>

#include "projector/quarantine/left_out.h"
#include "projector/query/format.h"
#include "projector/sqlite/checkpoint.h"

namespace catlog::projector {

struct QueryLimits {
  std::chrono::milliseconds run{30'000};   // the statement
  std::chrono::milliseconds wait{30'000};  // --wait-for
};

// What an answer belongs to: all of one snapshot.
struct Answer {
  Checkpoint checkpoint;
  LeftOutEvents left_out;
};

// Runs one statement that a person typed against a read model and writes its rows in `format`. Reading only: anything
// else is refused. `today` can be read beside it as schema `today`. Throws Failure(usage) for SQL that is wrong,
// writes, or holds more than one statement; Failure(refused) when it takes longer than the limit; what Database throws
// when the file cannot be read. Rows may have been written by then.
Answer run_query(const std::filesystem::path& file, std::string_view sql, Format format, const QueryLimits& limits,
                 std::ostream& out, const std::optional<std::filesystem::path>& today = {});

// Waits until the read model that `link` leads to holds the event at `position`. Throws Failure(unreachable) when that
// takes longer than the limit (the projector is behind or does not run).
void wait_for_position(const std::filesystem::path& link, Position position, const QueryLimits& limits);

}  // namespace catlog::projector
