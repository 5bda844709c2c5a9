#pragma once
#include <filesystem>
#include <string>

namespace catlog::bench {

// What a histogram of a daemon's /metrics has seen so far.
struct Observed {
  double sum = 0, count = 0;
  double mean() const { return sum / count; }
};
Observed operator-(Observed after, Observed before);

// `socket`: the daemon's, that HTTP is spoken on. Throws Failure(failure) when it tells no such thing.
Observed observed(const std::filesystem::path& socket, const std::string& histogram);

}  // namespace catlog::bench
