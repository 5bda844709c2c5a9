#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/sqlite/guard.h"

namespace catlog::projector {

// One step of how SQLite would run a query, as EXPLAIN QUERY PLAN words it.
struct PlanStep {
  int depth = 0;                         // 0: at the top
  std::string words;                     // "SEARCH movies USING INDEX ..", "SCAN movies"
  std::optional<std::string> scans_all;  // what it looks up nothing in, by its name in the query
  std::string reads;                     // of that, a sentence for people: what is read instead
};

struct QueryPlan {
  std::vector<PlanStep> steps;
  // Columns that no index begins with, as "movies(runtime)": where SQLite reads a whole table now, it would look rows
  // up in an index over one of them; where it sorts, it would not.
  std::vector<std::string> helpful_indexes;
};

// What the query reads from end to end in this file, and would not, or by an index that this file lacks, in one that
// has all indexes of this version's schema: names, as PlanStep has them. Nothing for a query that names what only this
// file has. Throws as Guard.
std::vector<std::string> scanned_for_want_of_an_index(const std::filesystem::path& file, std::string_view sql);

// How the read model would answer the query, which is not run. Throws as Guard.
QueryPlan plan_of(const std::filesystem::path& file, std::string_view sql, GuardOptions options = {});

}  // namespace catlog::projector
