#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/picture/rows.h"

namespace catlog::projector {

// bars: one a row. lines: a line over time, for labels that are all times (2026-11, 2026-11-28, 2026-11-28 03:00:00).
enum class PlotKind { bars, lines };

struct Point {
  std::string label;            // as people may see it
  std::string shown;            // the value, likewise; empty: there is none
  std::optional<double> value;  // finite
  double at = 0;                // of lines: days
};

// What is drawn of an answer. Lines: in the order of time.
struct Plot {
  PlotKind kind = PlotKind::bars;
  std::string label, number;  // names of the columns
  std::vector<Point> points;
  double least = 0, most = 0;  // of the values; bars: 0 is among them
};

// Draws the column `number` by the column `label`. Throws Failure(usage), with the columns of numbers that
// there are, when there is no such column or only texts are in it.
Plot plot_of(const Rows& rows, std::string_view label, std::string_view number);

// `text` in at most `width` columns of a terminal, its end replaced by `mark` where it is longer.
std::string cut(std::string_view text, size_t width, std::string_view mark);
// The columns of a terminal that a text takes: two for a character that is as wide as it is high, none for one that is
// written over the one before it.
size_t terminal_columns(std::string_view text);

}  // namespace catlog::projector
