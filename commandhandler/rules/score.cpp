#include "commandhandler/rules/score.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace catlog::commandhandler {
namespace {

struct Quality {
  std::string_view name;
  double points;      // of 3.5
  double mb_per_min;  // a good encoding's size
};

constexpr Quality qualities[] = {{"2160p", 3.0, 55}, {"1440p", 3.25, 35}, {"1080p", 3.5, 18},
                                 {"720p", 2.5, 9},   {"480p", 1.25, 5},   {"3D", 1.0, 18}};
constexpr Quality other_quality{"", 0.75, 9};

constexpr std::pair<std::string_view, double> types[] = {{"bluray", 1.5}, {"web", 1.25}, {"hdtv", 1.0}, {"dvd", 0.75}};

double points_of_type(std::string_view type) {
  for (const auto& [name, points] : types)
    if (name == type) return points;
  return 0.25;
}

// 1 at the size that a good encoding has for this runtime, falling to 0 at a tenth and at ten times of it.
double fit(double mb, double minutes, double mb_per_min) {
  if (mb <= 0 || minutes <= 0) return 0.5;
  return std::clamp(1 - std::abs(std::log10(mb / (minutes * mb_per_min))), 0.0, 1.0);
}

}  // namespace

double score(const ScoreInput& input) {
  const Quality* quality = &other_quality;
  for (const auto& known : qualities)
    if (known.name == input.quality) quality = &known;
  double seeds = static_cast<double>(std::max<int64_t>(input.seeds, 0));
  double peers = static_cast<double>(std::max<int64_t>(input.peers, 0));
  double swarm = std::min(1.0, std::log10(1 + seeds) / 2) * 2.75 + std::min(1.0, std::log10(1 + peers) / 2) * 0.25;
  double sum = quality->points + points_of_type(input.type) +
               1.5 * fit(static_cast<double>(input.size_bytes) / 1e6, static_cast<double>(input.runtime_min),
                         quality->mb_per_min) +
               swarm + (input.language.empty() || input.language == "xx" ? 0.0 : 0.5);
  return std::round(std::clamp(sum, 0.0, 10.0) * 100) / 100;
}

}  // namespace catlog::commandhandler
