#pragma once
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "projector/fold/fold.h"
#include "projector/sqlite/table_layout.h"
#include "projector/sqlite/value.h"
#include "store/log.h"

namespace catlog::bench {

// The rows that a log makes, in memory: what a plain program would insert.
//
// Lifetime: the log outlives it.
class TableRows {
 public:
  TableRows(const store::Log& log, const projector::Fold& fold);
  TableRows(const TableRows&) = delete;
  size_t rows() const { return rows_; }

  // Seconds of inserting all of it into a new file with the read model's schema by prepared statements in one
  // transaction, without journal, sync and enforced references, of making the indexes then and of syncing the file.
  double insert_into(const std::filesystem::path& file) const;

 private:
  struct Table {
    projector::TableLayout layout;
    std::vector<projector::Value> values;
  };
  void add(Table& table, const projector::Value& value);

  std::deque<Table> tables_;
  std::deque<std::string> texts_;
  size_t rows_ = 0;
};

}  // namespace catlog::bench
