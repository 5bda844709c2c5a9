#include "tests/bench/table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace catlog::bench {
namespace {

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

}  // namespace

void Table::add(const Line& line, double value, std::optional<double> raw) {
  auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& known) {
    return known.line.figure == line.figure && known.line.raw == line.raw;
  });
  if (row == rows_.end()) row = rows_.insert(rows_.end(), Row{line, {}, {}});
  row->measured.add(value);
  if (raw) row->raw.add(*raw);
}

std::vector<Table::Cells> Table::lines() const {
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
  return lines;
}

std::string Table::text() const {
  const auto all = lines();
  std::array<size_t, columns> widths{};
  for (const auto& cells : all)
    for (size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  std::string text;
  for (const auto& cells : all) {
    for (size_t i = 0; i < columns; ++i)
      text += is_text(i) ? fmt::format("{:<{}}  ", cells[i], widths[i]) : fmt::format("{:>{}}  ", cells[i], widths[i]);
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string Table::markdown() const {
  std::string head_ends = "|";
  for (size_t i = 0; i < columns; ++i) head_ends += is_text(i) ? "---|" : "---:|";
  std::string text;
  for (const auto& cells : lines()) {
    text += fmt::format("| {} |\n", fmt::join(cells, " | "));
    if (!head_ends.empty()) text += std::exchange(head_ends, {}) + '\n';
  }
  return text;
}

}  // namespace catlog::bench
