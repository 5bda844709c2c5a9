#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/torrents/torrents.h"

namespace catlog::tests {

// A torrent that means harm, or is broken: refused, or loaded under names that do none.
struct Hostile {
  std::string what;
  bool is_taken = false;
  Torrent torrent;
};

// All of them; those that are taken have their payload in `folder`. `outside`: a folder that some want to write into.
std::vector<Hostile> hostile_torrents(const std::filesystem::path& folder, const std::filesystem::path& outside);

}  // namespace catlog::tests
