#pragma once
#include <cstddef>
#include <string>

#include "projector/picture/plot.h"

namespace catlog::projector {

// blocks: the block characters of Unicode. ascii: nothing but ASCII is drawn; labels stay what they are.
enum class Ink { blocks, ascii };

constexpr size_t narrowest_chart = 20, width_of_a_pipe = 80;

// The plot as lines of text, each at most `width` columns wide (narrowest_chart at least): a bar for each row, or a
// line over time. No character in it drives a terminal.
std::string chart(const Plot& plot, size_t width, Ink ink);

}  // namespace catlog::projector
