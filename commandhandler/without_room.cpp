#include "commandhandler/without_room.h"

#include <fmt/format.h>

namespace catlog::commandhandler {

std::string reserve_words(uint64_t min_free_bytes) {
  constexpr uint64_t mebibyte = uint64_t{1} << 20;
  const std::string reserve = min_free_bytes % mebibyte == 0 ? fmt::format("{} MiB", min_free_bytes / mebibyte)
                                                             : fmt::format("{} bytes", min_free_bytes);
  return fmt::format("less than min-free-bytes ({}) is free on the disk: make room, or set min-free-bytes lower",
                     reserve);
}

}  // namespace catlog::commandhandler
