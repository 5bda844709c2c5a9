#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace catlog::cli {

// A progress bar on stderr, if that is a terminal; else it shows nothing. It clears its line when it goes.
// Threads: one at a time.
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ProgressBar(const ProgressBar&) = delete;
  ~ProgressBar();
  // total 0: not known. Cheap: it draws a few times a second.
  void update(uint64_t done, uint64_t total);
  // Takes the bar away, so that other text can be written; the next update draws it again.
  void clear();

 private:
  void draw(uint64_t done, uint64_t total);

  std::string label_;
  bool is_terminal_;
  bool is_drawn_ = false;
  std::chrono::steady_clock::time_point next_draw_{};
};

}  // namespace catlog::cli
