#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "bin/torrent/wishes.h"

namespace catlog::torrent {

// The bridge's own directory: nobody else's as long as this object lives, and nothing else's of this process.
class Keep {
 public:
  // Makes it where it is missing. Throws Failure(held) when another process has it, Failure(failure).
  explicit Keep(std::filesystem::path directory);
  Keep(const Keep&) = delete;
  ~Keep();

  std::filesystem::path transfers() const { return directory_ / "transfers"; }
  std::filesystem::path plans() const { return directory_ / "swarms"; }
  std::filesystem::path address_to_play() const { return directory_ / "play"; }
  // What was kept; nothing: it is a new directory. Throws Failure(damaged) for a file that is none.
  std::optional<Kept> read() const;
  void write(const Wishes& wishes, const Cursor& cursor) const;  // throws StorageFull, Failure(failure)
  // For others than root.
  uint64_t free_bytes() const;

 private:
  std::filesystem::path file() const { return directory_ / "known.json"; }
  std::filesystem::path directory_;
  int lock_ = -1;
};

// From now on the kernel lets this process, and the threads that it starts, write, make and remove beneath `directory`
// only, through whatever link. False: this kernel has no Landlock.
bool confine_to(const std::filesystem::path& directory);

}  // namespace catlog::torrent
