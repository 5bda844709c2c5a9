#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

using MadeValue = std::variant<std::monostate, int64_t, double, std::string>;  // monostate: NULL

// Rows that come from no table, as a statement gives rows: for RowsOut, which knows the formats.
//
// Threads: one at a time.
class MadeRows {
 public:
  explicit MadeRows(const std::vector<std::string>& names);
  // Lifetime: dies with this object.
  const Statement& statement() const { return statement_; }
  // The statement stands at the row of these values, one for each name.
  void set(std::vector<MadeValue> values);

 private:
  Database database_;
  Statement statement_;
  std::vector<MadeValue> values_;  // the statement's, while it stands at them
};

}  // namespace catlog::projector
