#pragma once
#include <cstddef>
#include <filesystem>
#include <iosfwd>

#include "projector/query/query.h"

namespace catlog::projector {

struct TwoAnswers {
  Answer a, b;
};

// A read model and what it is asked.
struct Asked {
  std::filesystem::path file;
  Question question;
};

// Asks two read models the same statement (its `:now` may be another one for each) and writes the rows that only one of
// both gives, in the order of their values, with a column `change` in front: `removed` of those in `a`, `added` of
// those in `b`; where both have rows with the same values in the first `key_columns`, these are `before` and `after`. A
// row that is given twice is two.
//
// Sorting is SQLite's, within the limits, which both share. Throws as run_query.
TwoAnswers run_difference(const Asked& a, const Asked& b, size_t key_columns, const Style& style,
                          const QueryLimits& limits, std::ostream& out);

}  // namespace catlog::projector
