#pragma once
#include <cstdint>
#include <string_view>

namespace catlog::commandhandler {

// What a source's score is made of. Absent numbers (absent_int) count as unknown.
struct ScoreInput {
  std::string_view quality;  // "1080p"
  std::string_view type;     // "bluray"
  int64_t size_bytes = 0;
  int64_t runtime_min = 0;  // of the movie; 0 or absent: unknown
  int64_t seeds = 0, peers = 0;
  std::string_view language;  // two letters
};

// How good a source is to download, 0..10 with two decimals; commandhandler/README.md has the formula. Pure: the same
// input gives the same score. It is stored in the events, so a later formula does not change what was said.
double score(const ScoreInput& input);

}  // namespace catlog::commandhandler
