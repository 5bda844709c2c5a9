#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "events/digest_stream.h"
#include "store/backup/manifest.h"
#include "store/files/own_file.h"
#include "store/record_chain.h"

namespace catlog::store {

constexpr size_t max_record_bytes = size_t{64} << 20;

// Reads a file from the disk (not from the page cache, where the system lets us) as records, one after the other; the
// file may hold anything. Threads: one at a time.
class SegmentReader {
 public:
  // Throws Failure(damaged) when there is no such regular file, or not of `bytes` bytes.
  SegmentReader(const std::filesystem::path& path, uint64_t bytes);
  SegmentReader(const SegmentReader&) = delete;

  // The next record, as its frame says, 8-byte aligned, until the next call; empty at the end. Throws Failure(damaged)
  // when the frame goes beyond the file or a record's limit, Failure(failure) when the file cannot be read.
  Bytes next();
  // The digest of the whole file, after `next` came to its end.
  Digest sha256() { return digest_.finish(); }

 private:
  bool hold(size_t bytes);
  [[noreturn]] void damaged(const char* what) const;

  std::filesystem::path path_;
  OwnFile file_;
  uint64_t left_ = 0;             // bytes of the file that are not in buffer_ yet
  uint64_t offset_ = 0;           // of the next record
  std::vector<uint64_t> buffer_;  // words, so that records are aligned
  size_t begin_ = 0, end_ = 0;    // what of it is still to be given, in bytes
  events::DigestStream digest_;
};

// Reads a segment whole, holds every record and in the end size, digest and root against what the manifest says, and
// calls `visit(header, bytes)` for each record on its way. `chain` must stand in front of the segment, and then stands
// behind it. Throws Failure(damaged) that names the file, and the position where there is one.
using RecordVisit = std::function<void(const RecordHeader&, Bytes)>;
void read_segment(const std::filesystem::path& directory, const Segment& segment, RecordChain& chain,
                  const RecordVisit& visit);

// Looks whether the segments' files are there, as long as the manifest says; what is in them is not read. Throws
// Failure(damaged) that names the first that is not, Failure(failure).
void check_lengths(const std::filesystem::path& directory, const Manifest& manifest);

constexpr uint64_t max_kept_bytes = uint64_t{64} << 20;

// A kept file's bytes, held against the manifest in the same way.
std::string read_kept(const std::filesystem::path& directory, const KeptFile& file);

// A backup's manifest, and what is in its kept files, in their order. Both are of one moment, also while a run replaces
// them. Throws as read_manifest and read_kept.
std::pair<Manifest, std::vector<std::string>> read_manifest_and_kept(const std::filesystem::path& directory);

}  // namespace catlog::store
