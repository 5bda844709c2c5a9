#include "projector/picture/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace catlog::projector {
namespace {

constexpr size_t lines_high = 12, steps_a_cell = 8;
constexpr std::array<std::string_view, steps_a_cell> part_of_a_cell{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

std::string_view mark_of(Ink ink) { return ink == Ink::blocks ? "…" : "..."; }

std::string padded(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, terminal_columns(text)), ' ');
}

std::string times(size_t count, std::string_view what) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += what;
  return out;
}

std::string without_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

// How wide labels and values are; bars get the rest.
struct BarsLayout {
  size_t labels = 0, values = 0, bars = 0;
};

BarsLayout bars_layout(const Plot& plot, size_t width) {
  BarsLayout layout;
  for (const Point& point : plot.points) {
    layout.labels = std::max(layout.labels, terminal_columns(point.label));
    layout.values = std::max(layout.values, terminal_columns(point.shown));
  }
  layout.labels = std::min(layout.labels, width * 2 / 5);
  layout.values = std::min(layout.values, width / 4);
  layout.bars = width - layout.labels - layout.values - 2;
  return layout;
}

// A bar from 0 to the right. What is more than nothing shows.
std::string bar_right(double cells, Ink ink) {
  if (ink == Ink::ascii) return times(std::max<size_t>(1, static_cast<size_t>(std::lround(cells))), "#");
  const auto steps = std::max<size_t>(1, static_cast<size_t>(std::lround(cells * steps_a_cell)));
  return times(steps / steps_a_cell, "█") + std::string(part_of_a_cell[steps % steps_a_cell]);
}

std::string bar_of(const Plot& plot, double value, size_t width, Ink ink) {
  const double range = plot.most - plot.least;
  if (value == 0 || !(range > 0)) return {};
  const auto left = static_cast<size_t>(std::lround(-plot.least / range * static_cast<double>(width)));
  if (value > 0) return std::string(left, ' ') + bar_right(value / plot.most * static_cast<double>(width - left), ink);
  const auto cells =
      std::clamp<size_t>(static_cast<size_t>(std::lround(value / plot.least * static_cast<double>(left))),
                         std::min<size_t>(1, left), left);
  return std::string(left - cells, ' ') + times(cells, ink == Ink::blocks ? "█" : "#");
}

std::string bars(const Plot& plot, size_t width, Ink ink) {
  const BarsLayout layout = bars_layout(plot, width);
  std::string out;
  for (const Point& point : plot.points) {
    const std::string value = cut(point.shown, layout.values, mark_of(ink));
    const std::string bar = point.value ? bar_of(plot, *point.value, layout.bars, ink) : "";
    out += without_end(fmt::format("{} {}{} {}", padded(cut(point.label, layout.labels, mark_of(ink)), layout.labels),
                                   std::string(layout.values - terminal_columns(value), ' '), value, bar));
  }
  return out;
}

// Half a cell is a dot: a column of bits, the lowest first.
class Dots {
 public:
  Dots(size_t columns, size_t high) : high_(high), set_(columns, std::vector<bool>(high)) {}
  void set(size_t column, size_t from, size_t to) {
    for (size_t at = std::min(from, to); at <= std::min(std::max(from, to), high_ - 1); ++at) set_[column][at] = true;
  }
  std::string row(size_t lower, Ink ink) const {
    std::string out;
    for (const auto& column : set_) {
      const bool below = column[lower], above = column[lower + 1];
      if (!below && !above)
        out += ' ';
      else if (ink == Ink::ascii)
        out += '*';
      else
        out += below && above ? "█" : below ? "▄" : "▀";
    }
    return out;
  }

 private:
  size_t high_;
  std::vector<std::vector<bool>> set_;
};

std::vector<Point> with_values(const Plot& plot) {
  std::vector<Point> points;
  for (const Point& point : plot.points)
    if (point.value) points.push_back(point);
  return points;
}

// Where between least and most, from 0 to `high` - 1.
size_t height_of(const Plot& plot, double value, size_t high) {
  const double range = plot.most - plot.least;
  if (!(range > 0) || !std::isfinite(range)) return high / 2;
  return static_cast<size_t>(std::lround((value - plot.least) / range * static_cast<double>(high - 1)));
}

void draw(const Plot& plot, const std::vector<Point>& points, size_t columns, Dots& dots) {
  const double begin = points.front().at, span = std::max(points.back().at - begin, 1e-9);
  size_t next = 0, before = height_of(plot, *points.front().value, 2 * lines_high);
  for (size_t column = 0; column < columns; ++column) {
    const double at =
        begin + span * static_cast<double>(column) / static_cast<double>(std::max<size_t>(columns - 1, 1));
    while (next + 1 < points.size() && points[next + 1].at <= at) {
      // Of several in one column each is seen.
      const size_t height = height_of(plot, *points[++next].value, 2 * lines_high);
      dots.set(column, before, height);
      before = height;
    }
    double value = *points[next].value;
    if (next + 1 < points.size() && points[next + 1].at > points[next].at)
      value += (*points[next + 1].value - value) * (at - points[next].at) / (points[next + 1].at - points[next].at);
    const size_t height = height_of(plot, value, 2 * lines_high);
    dots.set(column, before, height);
    before = height;
  }
}

std::string lines(const Plot& plot, size_t width, Ink ink) {
  const auto points = with_values(plot);
  if (points.empty()) return {};
  const auto by_value = [](const Point& a, const Point& b) { return *a.value < *b.value; };
  const std::string most = cut(std::ranges::max_element(points, by_value)->shown, width / 4, mark_of(ink));
  const std::string least = cut(std::ranges::min_element(points, by_value)->shown, width / 4, mark_of(ink));
  const size_t axis = std::max(terminal_columns(most), terminal_columns(least)), columns = width - axis - 2;
  Dots dots(columns, 2 * lines_high);
  draw(plot, points, columns, dots);
  std::string out;
  for (size_t row = lines_high; row-- > 0;) {
    const std::string& label = row + 1 == lines_high ? most : row == 0 ? least : std::string();
    out += without_end(fmt::format("{}{} {}{}", std::string(axis - terminal_columns(label), ' '), label,
                                   ink == Ink::blocks ? "▏" : "|", dots.row(2 * row, ink)));
  }
  const std::string first = cut(points.front().label, columns / 2, mark_of(ink));
  const std::string last = cut(points.back().label, columns / 2, mark_of(ink));
  const size_t between = columns - std::min(columns, terminal_columns(first) + terminal_columns(last));
  out += fmt::format("{}{}{}{}\n", std::string(axis + 2, ' '), first, std::string(between, ' '), last);
  return out;
}

}  // namespace

std::string chart(const Plot& plot, size_t width, Ink ink) {
  width = std::max(width, narrowest_chart);
  const std::string drawn = plot.kind == PlotKind::lines ? lines(plot, width, ink) : bars(plot, width, ink);
  if (drawn.empty()) return "there is nothing to draw\n";
  return fmt::format("{}\n{}", cut(fmt::format("{} by {}", plot.number, plot.label), width, mark_of(ink)), drawn);
}

}  // namespace catlog::projector
