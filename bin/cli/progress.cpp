#include "bin/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

namespace catlog::cli {
namespace {

constexpr std::chrono::milliseconds between_draws{100};
constexpr size_t bar_width = 30;

// A terminal that went away meanwhile is no failure of the work.
void put(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

ProgressBar::ProgressBar(std::string label) : label_(std::move(label)), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::update(uint64_t done, uint64_t total) {
  if (!is_terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + between_draws;
  draw(done, total);
}

void ProgressBar::clear() {
  if (!is_drawn_) return;
  put("\r\x1b[K");
  is_drawn_ = false;
}

void ProgressBar::draw(uint64_t done, uint64_t total) {
  is_drawn_ = true;
  if (total == 0) {
    put(fmt::format("\r{} {}\x1b[K", label_, done));
    return;
  }
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<size_t>(share * bar_width);
  put(fmt::format("\r{} [{:#<{}}{:.<{}}] {:3.0f}% {} of {}\x1b[K", label_, "", filled, "", bar_width - filled,
                  share * 100, done, total));
}

}  // namespace catlog::cli
