#pragma once
#include <filesystem>
#include <iosfwd>

#include "projector/query/query.h"

namespace catlog::projector {

struct TwoAnswers {
  Answer a, b;
};

// Runs the statement against two read models and writes the rows that only one of both gives, in the order of their
// values, with a column `change` in front: `removed` of those in `a`, `added` of those in `b`; where both have rows
// with the same value in the first column, these are `before` and `after`. A row that is given twice is two.
//
// Sorting is SQLite's, within the limits, which both share. Throws as run_query.
TwoAnswers run_difference(const std::filesystem::path& a, const std::filesystem::path& b, const Question& question,
                          const Style& style, const QueryLimits& limits, std::ostream& out);

}  // namespace catlog::projector
