#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "tests/support/disk/recording.h"

namespace catlog::tests::disk {

// What of that which was written and not synced has reached the disk when the power goes.
enum class Unsynced {
  nothing,  // every write after a file's last completed sync is dropped
  some,     // an arbitrary part, by the seed, in arbitrary order, torn at sectors
  all
};
// Names (of new, renamed and removed files) that no sync of their directory has followed.
enum class Names {
  at_once,       // are on disk all the same, as most file systems soon have them
  until_synced,  // of each directory only the first so many, by the seed
};

struct PowerCut {
  size_t at = 0;  // before this one was done; it may have been under way
  Unsynced unsynced = Unsynced::nothing;
  Names names = Names::at_once;
  uint64_t seed = 0;
};

std::string to_text(const PowerCut& cut);

// Makes the directory as it is found when the power comes back. `image` must be empty.
void build_image(std::span<const Done> done, const PowerCut& cut, const std::filesystem::path& image);

}  // namespace catlog::tests::disk
