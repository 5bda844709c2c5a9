#include "projector/picture/plot.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/printable.h"
#include "events/text/utf8.h"

namespace catlog::projector {
namespace {

struct CharacterRange {
  char32_t first, last;
};
constexpr std::array<CharacterRange, 12> wide{{{0x1100, 0x115F},
                                               {0x2E80, 0x303E},
                                               {0x3041, 0x33FF},
                                               {0x3400, 0x4DBF},
                                               {0x4E00, 0xA4CF},
                                               {0xA960, 0xA97C},
                                               {0xAC00, 0xD7A3},
                                               {0xF900, 0xFAFF},
                                               {0xFE30, 0xFE6F},
                                               {0xFF00, 0xFF60},
                                               {0x1F300, 0x1FAFF},
                                               {0x20000, 0x3FFFD}}};
constexpr std::array<CharacterRange, 7> without_width{{{0x0300, 0x036F},
                                                       {0x0591, 0x05BD},
                                                       {0x064B, 0x065F},
                                                       {0x1AB0, 0x1AFF},
                                                       {0x200B, 0x200D},
                                                       {0x20D0, 0x20FF},
                                                       {0xFE00, 0xFE0F}}};

template <size_t N>
bool is_in(const std::array<CharacterRange, N>& ranges, char32_t character) {
  return std::ranges::any_of(ranges,
                             [&](const auto& range) { return character >= range.first && character <= range.last; });
}

size_t terminal_columns(char32_t character) {
  if (is_in(without_width, character)) return 0;
  return is_in(wide, character) ? 2 : 1;
}

std::optional<unsigned> digits(std::string_view text, size_t at, size_t count) {
  unsigned number = 0;
  if (text.size() < at + count) return {};
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + count, number);
  return error == std::errc() && end == text.data() + at + count ? std::optional(number) : std::nullopt;
}

// Days since 1970 of "YYYY-MM", "YYYY-MM-DD" and "YYYY-MM-DD HH:MM:SS", which may have decimals.
std::optional<double> days_of(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2);
  if (!year || !month || text[4] != '-' || (text.size() > 7 && text[7] != '-')) return {};
  const auto day = text.size() > 7 ? digits(text, 8, 2) : 1;
  if (!day) return {};
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return {};
  const auto days = static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count());
  if (text.size() <= 10) return days;
  const auto hours = digits(text, 11, 2), minutes = digits(text, 14, 2), seconds = digits(text, 17, 2);
  if (!hours || !minutes || !seconds) return {};
  return days + *hours / 24.0 + *minutes / 1'440.0 + *seconds / 86'400.0;
}

size_t column_named(const Rows& rows, std::string_view name) {
  const auto found = std::ranges::find(rows.names, name);
  if (found == rows.names.end())
    throw events::Failure(events::Exit::usage, fmt::format("there is no column {} to be drawn; there are {}", name,
                                                           fmt::join(rows.names, ", ")));
  return static_cast<size_t>(found - rows.names.begin());
}

// Some value is a number, or there is none at all.
bool holds_numbers(const Rows& rows, size_t column) {
  bool has_text = false;
  for (const auto& row : rows.rows) {
    if (row[column].number) return true;
    has_text = has_text || !row[column].text.empty();
  }
  return !has_text;
}

void require_numbers(const Rows& rows, size_t column) {
  if (holds_numbers(rows, column)) return;
  std::vector<std::string> names;
  for (size_t i = 0; i < rows.names.size(); ++i)
    if (holds_numbers(rows, i)) names.push_back(rows.names[i]);
  throw events::Failure(
      events::Exit::usage,
      fmt::format("there are no numbers in {} to be drawn; {}", rows.names[column],
                  names.empty() ? "no column has any" : fmt::format("there are in {}", fmt::join(names, ", "))));
}

void find_range(Plot& plot) {
  bool is_first = plot.kind == PlotKind::lines;  // bars begin at 0
  for (const Point& point : plot.points) {
    if (!point.value) continue;
    plot.least = is_first ? *point.value : std::min(plot.least, *point.value);
    plot.most = is_first ? *point.value : std::max(plot.most, *point.value);
    is_first = false;
  }
}

}  // namespace

size_t terminal_columns(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) columns += terminal_columns(events::take_code_point(text));
  return columns;
}

std::string cut(std::string_view text, size_t width, std::string_view mark) {
  if (terminal_columns(text) <= width) return std::string(text);
  const size_t room = width - std::min(width, terminal_columns(mark));
  size_t columns = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view before = rest;
    columns += terminal_columns(events::take_code_point(rest));
    if (columns > room) return fmt::format("{}{}", text.substr(0, text.size() - before.size()), mark);
  }
  return std::string(text);
}

Plot plot_of(const Rows& rows, std::string_view label, std::string_view number) {
  const size_t labels = column_named(rows, label), numbers = column_named(rows, number);
  require_numbers(rows, numbers);
  Plot plot{PlotKind::bars, events::printable(label), events::printable(number), {}, 0, 0};
  bool are_times = rows.rows.size() > 1;
  for (const auto& row : rows.rows) {
    const Cell &name = row[labels], &cell = row[numbers];
    Point point{events::printable(name.text), events::printable(cell.text), {}, 0};
    if (cell.number && std::isfinite(*cell.number)) point.value = cell.number;
    const auto at = name.number ? std::nullopt : days_of(name.text);
    are_times = are_times && at;
    point.at = at.value_or(0);
    plot.points.push_back(std::move(point));
  }
  if (are_times) {
    plot.kind = PlotKind::lines;
    std::ranges::stable_sort(plot.points, {}, &Point::at);
  }
  find_range(plot);
  return plot;
}

}  // namespace catlog::projector
