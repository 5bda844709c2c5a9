#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "projector/picture/plot.h"

namespace catlog::projector {

constexpr size_t most_bars_of_a_page = 60;  // more rows stand in its table only

// The plot as an SVG element of a page; empty where there is nothing to draw. Bars: of the first most_bars_of_a_page.
std::string svg(const Plot& plot);

// A text as HTML shows it, and as it may stand in an attribute: nothing in it is markup, drives anything or turns the
// direction of what stands beside it.
std::string html_text(std::string_view text);

}  // namespace catlog::projector
