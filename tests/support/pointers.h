#pragma once
#include <cctype>
#include <string>
#include <string_view>

namespace catlog::tests {

// A JSON pointer as tests write paths: "/putMovie/genres/2/tmdbId" is "putMovie.genres[2].tmdbId".
inline std::string dotted(std::string_view pointer) {
  std::string path;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(step.size());
    const bool is_index = !step.empty() && std::isdigit(static_cast<unsigned char>(step[0])) != 0;
    if (is_index)
      path += '[' + std::string(step) + ']';
    else
      path += (path.empty() ? "" : ".") + std::string(step);
  }
  return path;
}

}  // namespace catlog::tests
