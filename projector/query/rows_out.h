#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "projector/query/format.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

constexpr size_t rows_measured_for_widths = 1'000;

// Writes the rows of a statement in one of the formats, as they come, each at once: what was written ends with a whole
// row, also when the statement fails. A table's widths are those of its first
// rows_measured_for_widths rows; only these are held in memory.
// Throws Failure(usage), with what to write instead, for what JSON cannot say: two columns of one name, and a number
// that is infinite. Lifetime: the statement must outlive it.
class RowsOut {
 public:
  RowsOut(const Statement& statement, Style style, std::ostream& out);
  void row();     // the one the statement stands at
  void finish();  // after the last

 private:
  using Cells = std::vector<std::string>;
  Cells cells() const;
  void write_csv_names();
  void write_csv_row();
  void make_keys();
  void write_json();
  void write_markdown(const Cells& cells);
  void write_aligned(const Cells& cells);
  void flush_measured();

  const Statement& statement_;
  Style style_;
  std::ostream& out_;
  Cells names_;
  Cells keys_;  // the names as JSON
  std::vector<size_t> widths_;
  std::vector<bool> numeric_;
  std::vector<Cells> measured_;
  bool flushed_ = false;
  size_t rows_ = 0;
};

}  // namespace catlog::projector
