#pragma once
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "projector/fold/fold.h"
#include "projector/sqlite/table_layout.h"
#include "store/log.h"

namespace catlog::projector {

constexpr size_t rows_in_batch = 512;  // a list of links is not divided, so a batch may hold a few more

// Rows of one table as values, one row after the other, in the table's order of columns. The text stands in the log's
// pages or in the batch: both live until the next fill or the batch's end.
struct RowBatch {
  size_t columns = 0;
  std::vector<Value> values;
  std::optional<store::LogSnapshot> snapshot;
  std::pmr::monotonic_buffer_resource made;  // text that does not stand in the log

  size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
  std::span<const Value> row(size_t number) const { return std::span(values).subspan(number * columns, columns); }
  void clear();
  // A copy that lives as long as the batch's rows.
  std::string_view keep(std::string_view text);
};

// Reads the rows of one table out of a fold, in the order of the table's primary key.
//
// Threads: one at a time. Lifetime: fold, log and layout outlive it.
class FoldedTable {
 public:
  FoldedTable(const Fold& fold, const store::Log& log, events::Entity entity, const TableLayout& layout);
  FoldedTable(FoldedTable&&) noexcept;
  ~FoldedTable();

  // The next rows; false, and none, after the last. Throws Contradiction when an event holds what this version does
  // not know, Failure(damaged) for a record that cannot be read.
  bool fill(RowBatch& batch);

 private:
  class Rows;
  class Links;
  std::unique_ptr<Rows> rows_;  // one of the two
  std::unique_ptr<Links> links_;
};

// Calls `visit(std::span<const Value>)` for each row of a table; the values are in the order of `layout`.
template <class Visit>
void for_each_folded_row(const Fold& fold, const store::Log& log, events::Entity entity, const TableLayout& layout,
                         Visit&& visit) {
  FoldedTable table(fold, log, entity, layout);
  for (RowBatch batch; table.fill(batch);)
    for (size_t i = 0; i < batch.rows(); ++i) visit(batch.row(i));
}

}  // namespace catlog::projector
