#pragma once
#include <string>
#include <string_view>

#include "tests/bench/machine.h"
#include "tests/bench/table.h"

namespace catlog::bench {

// How the figures of a table were measured.
struct Measurement {
  Machine machine;
  int runs = 0;
  std::string only;  // the one group of figures that it is of; empty: all
  std::string commit, date;
};

// As Markdown: what was measured, when and on what, then the table; where the machine was busy before, it says that
// these are no figures to go by. Nothing in it depends on where it will stand.
std::string markdown_of(const Measurement& measurement, const Table& table);

// The lines between which a document has the figures: each stands there once, alone on its line.
constexpr std::string_view figures_begin = "<!-- figures: made by `ops/bench --write`, not by hand -->";
constexpr std::string_view figures_end = "<!-- end of the figures -->";

// `document` with these figures between its two lines, in place of what was there; every other byte is as it was.
// Throws Failure(usage) where the two do not stand there so.
std::string with_figures(std::string_view document, std::string_view figures);

}  // namespace catlog::bench
