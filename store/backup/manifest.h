#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/log.h"
#include "store/merkle.h"

namespace catlog::store {

constexpr size_t max_segments = 50'000;  // a backup every hour for five years
constexpr size_t max_manifest_bytes = size_t{32} << 20;
constexpr uint64_t backup_format = 1;

// A file with the records of these positions, one behind the other.
struct Segment {
  std::string file;
  Position from = 0, to = 0;
  uint64_t bytes = 0;
  Digest sha256{};
  Digest root{};  // of the log's tree at `to`
};

// What else of a data directory was kept: called `name` there, `file` in the backup.
struct KeptFile {
  std::string name, file;
  uint64_t bytes = 0;
  Digest sha256{};
  friend bool operator==(const KeptFile&, const KeptFile&) = default;
};

// What a backup says that it holds (store/FORMAT.md).
struct Manifest {
  std::string log_id;
  std::optional<ForkedFrom> forked_from;
  std::vector<Segment> segments;  // without gaps from position 1 on
  Frontier end;                   // of the tree at the last segment's end
  std::vector<KeptFile> files;

  Position last() const { return segments.empty() ? 0 : segments.back().to; }
};

// The only names that the files may have; so a manifest cannot point anywhere else.
std::string segment_name(Position from, Position to);
std::string kept_name(std::string_view name, const Digest& sha256);
// Whether a file of this name is a backup's (one of those, or one that was not finished).
bool is_backup_file(std::string_view name);

bool has_manifest(const std::filesystem::path& directory);
// Throws Failure(usage) when there is none, Failure(damaged), with what is wrong, for one that this build cannot take
// at its word: its digest, names, positions, sizes must be right. The files themselves are not looked at.
Manifest read_manifest(const std::filesystem::path& directory);
// Whether the log holds what the backup holds: the same log, and the same history of it. Throws as LogSnapshot.
bool goes_on_from(const Log& log, const Manifest& manifest);
// Takes the place of the old one whole, on disk when this returns. Throws StorageFull, Failure(failure): then the old
// one is still there.
void write_manifest(const std::filesystem::path& directory, const Manifest& manifest);

}  // namespace catlog::store
