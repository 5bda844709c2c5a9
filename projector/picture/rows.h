#pragma once
#include <optional>
#include <string>
#include <vector>

namespace catlog::projector {

// One value of an answer. It may hold anything: whoever shows it makes it harmless.
struct Cell {
  std::string text;              // of NULL: empty
  std::optional<double> number;  // where it is one; it may be infinite
};

// A whole answer, in memory.
struct Rows {
  std::vector<std::string> names;
  std::vector<std::vector<Cell>> rows;  // each as long as the names
};

}  // namespace catlog::projector
