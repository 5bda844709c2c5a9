#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/statistics.h"

namespace catlog::bench {

// What a line of the table says beside its numbers.
struct Line {
  std::string figure;    // what was measured, with its unit
  std::string raw = {};  // what its raw limit is; empty: it has none
  std::string floor = {};
};

// The result: one line a figure, in the order in which they first came.
class Table {
 public:
  // One run's value and the raw limit measured in that run.
  void add(const Line& line, double value, std::optional<double> raw = {});
  std::string text() const;      // its columns under each other
  std::string markdown() const;  // a line a figure, and two for the head

 private:
  static constexpr size_t columns = 8;
  using Cells = std::array<std::string, columns>;
  struct Row {
    Line line;
    Series measured, raw;
  };
  static bool is_text(size_t column) { return column == 0 || column >= columns - 2; }
  std::vector<Cells> lines() const;  // the head first

  std::vector<Row> rows_;
};

}  // namespace catlog::bench
