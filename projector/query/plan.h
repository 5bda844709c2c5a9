#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::projector {

// One step of how SQLite would run a query, as EXPLAIN QUERY PLAN words it.
struct PlanStep {
  int depth = 0;                         // 0: at the top
  std::string words;                     // "SEARCH movies USING INDEX ..", "SCAN movies"
  std::optional<std::string> scans_all;  // the table that it reads from end to end
};

struct QueryPlan {
  std::vector<PlanStep> steps;
  // Columns, as "movies(rating)", an index over one of which SQLite would use where it reads a whole table or sorts.
  std::vector<std::string> helpful_indexes;
};

// How the read model would answer; nothing is run. Throws as Guard.
QueryPlan plan_of(const std::filesystem::path& file, std::string_view sql);

}  // namespace catlog::projector
