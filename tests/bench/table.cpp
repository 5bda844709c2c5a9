#include "tests/bench/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

namespace catlog::bench {
namespace {

constexpr size_t columns = 8;
using Cells = std::array<std::string, columns>;

std::string number(double value) {
  if (std::abs(value) < 10) return fmt::format("{:.2f}", value);
  if (std::abs(value) < 1'000) return fmt::format("{:.1f}", value);
  auto digits = fmt::format("{:.0f}", std::abs(value));
  std::string grouped = value < 0 ? "-" : "";
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

bool is_text(size_t column) { return column == 0 || column == columns - 1; }

}  // namespace

void Table::add(const Line& line, double value, std::optional<double> raw) {
  auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& known) {
    return known.line.figure == line.figure && known.line.raw == line.raw;
  });
  if (row == rows_.end()) row = rows_.insert(rows_.end(), Row{line, {}, {}});
  row->measured.add(value);
  if (raw) row->raw.add(*raw);
}

void Table::print() const {
  std::vector<Cells> lines{{"figure", "median", "min", "max", "raw limit", "ratio", "floor", "the raw limit is"}};
  for (const auto& [line, measured, raw] : rows_) {
    Cells cells{line.figure, number(measured.median()), number(measured.least()), number(measured.most())};
    if (!raw.empty()) {
      cells[4] = number(raw.median());
      cells[5] = fmt::format("{:.2f}", measured.median() / raw.median());
    }
    cells[6] = line.floor;
    cells[7] = line.raw;
    lines.push_back(std::move(cells));
  }
  std::array<size_t, columns> widths{};
  for (const auto& cells : lines)
    for (size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  for (const auto& cells : lines) {
    std::string text;
    for (size_t i = 0; i < columns; ++i)
      text += is_text(i) ? fmt::format("{:<{}}  ", cells[i], widths[i]) : fmt::format("{:>{}}  ", cells[i], widths[i]);
    text.erase(text.find_last_not_of(' ') + 1);
    fmt::print("{}\n", text);
  }
  std::fflush(stdout);
}

}  // namespace catlog::bench
