#include "projector/picture/svg.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "events/text/printable.h"

namespace catlog::projector {
namespace {

constexpr double svg_width = 800, svg_labels = 250, svg_values = 90, bar_high = 14, bar_step = 20, caption_high = 24;
constexpr double plot_high = 260, axis_width = 90;
constexpr size_t label_columns = 38, value_columns = 14;
constexpr const char *bar_color = "#2f6fb0", *negative_color = "#b0482f";

std::string begin_of_svg(const Plot& plot, double high, const std::string& more) {
  const std::string caption = html_text(fmt::format("{} by {}{}", plot.number, plot.label, more));
  return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">)"
                     "\n"
                     R"(<text x="0" y="14" font-weight="bold">{}</text>)"
                     "\n",
                     svg_width, high, caption, caption);
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, html_text(text));
}

// A share of the range, from 0 to 1, of numbers that may be as large as there are.
double share(double value, double least, double most) {
  const double range = most / 2 - least / 2;
  return range > 0 ? std::clamp((value / 2 - least / 2) / range, 0.0, 1.0) : 0;
}

std::string bar(const Plot& plot, const Point& point, double y) {
  constexpr double room = svg_width - svg_labels - svg_values - 20;
  std::string out = fmt::format("<g><title>{}: {}</title>\n", html_text(point.label), html_text(point.shown));
  out += text_at(svg_labels, y + bar_high - 2, "end", cut(point.label, label_columns, "…"));
  const double zero = svg_labels + 10 + room * share(0, plot.least, plot.most);
  if (point.value) {
    const double end = svg_labels + 10 + room * share(*point.value, plot.least, plot.most);
    const double bar_wide = *point.value == 0 ? 0 : std::max(1.0, std::abs(end - zero));
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>\n",
                       *point.value < 0 ? zero - bar_wide : zero, y, bar_wide, bar_high,
                       *point.value < 0 ? negative_color : bar_color);
  }
  out += text_at(svg_width, y + bar_high - 2, "end", cut(point.shown, value_columns, "…"));
  return out + "</g>\n";
}

std::string svg_bars(const Plot& plot) {
  const size_t count = std::min(plot.points.size(), most_bars_of_a_page);
  const std::string more =
      count < plot.points.size() ? fmt::format(", the first {} of {}", count, plot.points.size()) : "";
  std::string out = begin_of_svg(plot, caption_high + bar_step * static_cast<double>(count), more);
  for (size_t i = 0; i < count; ++i) out += bar(plot, plot.points[i], caption_high + bar_step * static_cast<double>(i));
  return out + "</svg>\n";
}

std::string svg_lines(const Plot& plot) {
  std::vector<Point> points;
  for (const Point& point : plot.points)
    if (point.value) points.push_back(point);
  if (points.empty()) return {};
  const double begin = points.front().at, span = std::max(points.back().at - begin, 1e-9);
  const double left = axis_width + 10, right = svg_width - 10, bottom = caption_high + plot_high;
  std::string out = begin_of_svg(plot, bottom + 24, ""), path;
  for (const Point& point : points)
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", left + (right - left) * (point.at - begin) / span,
                        bottom - 8 - (plot_high - 16) * share(*point.value, plot.least, plot.most));
  const auto by_value = [](const Point& a, const Point& b) { return *a.value < *b.value; };
  out += text_at(axis_width, caption_high + 12, "end",
                 cut(std::ranges::max_element(points, by_value)->shown, value_columns, "…"));
  out += text_at(axis_width, bottom - 4, "end",
                 cut(std::ranges::min_element(points, by_value)->shown, value_columns, "…"));
  out += fmt::format("<path d=\"M{0} {1} V{2} H{3}\" fill=\"none\" stroke=\"#9aa7b4\"/>\n", left, caption_high, bottom,
                     right);
  out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path, bar_color);
  out += text_at(left, bottom + 16, "start", cut(points.front().label, label_columns, "…"));
  out += text_at(right, bottom + 16, "end", cut(points.back().label, label_columns, "…"));
  return out + "</svg>\n";
}

}  // namespace

std::string html_text(std::string_view text) {
  const std::string shown = events::printable(text);
  std::string out;
  for (size_t i = 0; i < shown.size(); ++i) {
    const std::string_view three = std::string_view(shown).substr(i, 3);
    if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {  // U+FFFE and U+FFFF, which XML does not have
      out += "\xEF\xBF\xBD";
      i += 2;
      continue;
    }
    switch (const char c = shown[i]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string svg(const Plot& plot) {
  if (plot.points.empty()) return {};
  return plot.kind == PlotKind::lines ? svg_lines(plot) : svg_bars(plot);
}

}  // namespace catlog::projector
