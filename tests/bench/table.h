#pragma once
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
  void print() const;  // on standard output

 private:
  struct Row {
    Line line;
    Series measured, raw;
  };
  std::vector<Row> rows_;
};

}  // namespace catlog::bench
