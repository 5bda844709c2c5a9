#include "commandhandler/rules/score.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace catlog::commandhandler {
namespace {

// README.md, "The score of a source", says why these.
constexpr double for_playing = 3.0, for_size = 1.2, for_seeds = 0.75, for_peers = 0.05, for_language = 0.5;
constexpr double of_dead = 0.4;  // what a source that nobody seeds has of the rest
constexpr double half_seeds = 10, half_peers = 20;

struct Quality {
  std::string_view name;
  double points;      // of 4.5
  double mb_per_min;  // a good encoding's size
};

constexpr Quality qualities[] = {{"2160p", 4.5, 55}, {"1440p", 4.3, 35}, {"1080p", 4.2, 18},
                                 {"720p", 3.2, 9},   {"480p", 1.8, 5},   {"3D", 1.8, 18}};
constexpr Quality other_quality{"", 1.7, 9};

// How much of the picture that its lines could hold is in it.
constexpr std::pair<std::string_view, double> types[] = {{"bluray", 1}, {"web", 0.95}, {"hdtv", 0.75}, {"dvd", 0.55},
                                                         {"scr", 0.35}, {"tc", 0.1},   {"ts", 0.03},   {"cam", 0}};
constexpr double other_type = 0.6;

double part_of_type(std::string_view type) {
  for (const auto& [name, part] : types)
    if (name == type) return part;
  return other_type;
}

// 1 at the size that a good encoding has for this runtime, falling to 0 at a tenth and at ten times of it.
double fit(double mb, double minutes, double mb_per_min) {
  if (mb <= 0 || minutes <= 0) return 0.5;
  return std::clamp(1 - std::abs(std::log10(mb / (minutes * mb_per_min))), 0.0, 1.0);
}

// The part of a picture that so few bytes can hold: all, down to a quarter of a good encoding's size.
double held(double mb, double minutes, double mb_per_min) {
  if (mb <= 0 || minutes <= 0) return 1;
  return std::min(1.0, mb / (minutes * mb_per_min) / 0.25);
}

// 0 for none, a half at `half`, towards 1 for more.
double many(int64_t count, double half) {
  const auto number = static_cast<double>(std::max<int64_t>(count, 0));
  return number / (number + half);
}

}  // namespace

double score(const ScoreInput& input) {
  const Quality* quality = &other_quality;
  for (const auto& known : qualities)
    if (known.name == input.quality) quality = &known;
  const double mb = static_cast<double>(input.size_bytes) / 1e6, minutes = static_cast<double>(input.runtime_min);
  const double worth = quality->points * part_of_type(input.type) * held(mb, minutes, quality->mb_per_min) +
                       for_size * fit(mb, minutes, quality->mb_per_min) + for_seeds * many(input.seeds, half_seeds) +
                       for_peers * many(input.peers, half_peers) +
                       (input.language.empty() || input.language == "xx" ? 0.0 : for_language);
  const double sum = input.seeds > 0 ? for_playing + worth : of_dead * worth;
  return std::round(std::clamp(sum, 0.0, 10.0) * 100) / 100;
}

}  // namespace catlog::commandhandler
