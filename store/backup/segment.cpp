#include "store/backup/segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr size_t bytes_of_word = 8;
constexpr uint64_t read_bytes = uint64_t{1} << 20;

[[noreturn]] void fail_damaged(const fs::path& path, const std::string& what) {
  throw Failure(Exit::damaged, fmt::format("{} is damaged: {}; take another copy of this backup", path.string(), what));
}

// The length of a record with its frame, as its first word says; 0 when that is no frame of one segment.
uint64_t framed_bytes(const std::byte* word) {
  const auto number = [word](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < sizeof value; ++i) value |= std::to_integer<uint32_t>(word[at + i]) << 8 * i;
    return value;
  };
  return number(0) == 0 ? (number(4) + uint64_t{1}) * bytes_of_word : 0;
}

OwnFile open_segment(const fs::path& path, uint64_t bytes) {
  auto opened = OwnFile::open(path, Opening::read);
  if (!opened) {
    const auto& [error, sentence] = opened.error();
    if (error == EACCES || error == EIO || error == EMFILE || error == ENFILE) throw Failure(Exit::failure, sentence);
    fail_damaged(path, error == ENOENT ? "it is missing" : sentence);
  }
  struct stat found {};
  if (::fstat(opened->fd(), &found) != 0 || static_cast<uint64_t>(found.st_size) != bytes)
    fail_damaged(path, fmt::format("it has {} bytes, the manifest says {}", found.st_size, bytes));
  return *std::move(opened);
}

}  // namespace

SegmentReader::SegmentReader(const fs::path& path, uint64_t bytes)
    : path_(path),
      file_(open_segment(path, bytes)),
      left_(bytes),
      buffer_((std::min(read_bytes, bytes) + bytes_of_word - 1) / bytes_of_word) {
  static_cast<void>(::posix_fadvise(file_.fd(), 0, 0, POSIX_FADV_DONTNEED));
}

void SegmentReader::damaged(const char* what) const {
  fail_damaged(path_, fmt::format("{} (at byte {})", what, offset_));
}

// Whether so many bytes from begin_ on could be had.
bool SegmentReader::hold(size_t bytes) {
  if (bytes > end_ - begin_ + left_) return false;
  if (bytes <= end_ - begin_) return true;
  auto* const base = reinterpret_cast<std::byte*>(buffer_.data());
  std::memmove(base, base + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  if (bytes > buffer_.size() * bytes_of_word) buffer_.resize((bytes + bytes_of_word - 1) / bytes_of_word);
  while (end_ < bytes) {
    auto* const at = reinterpret_cast<std::byte*>(buffer_.data()) + end_;
    const ssize_t count = ::read(file_.fd(), at, std::min<uint64_t>(buffer_.size() * bytes_of_word - end_, left_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw Failure(Exit::failure, fmt::format("cannot read {}: {}", path_.string(), std::strerror(errno)));
    if (count == 0) return false;  // cut meanwhile
    digest_.add({at, static_cast<size_t>(count)});
    end_ += static_cast<size_t>(count);
    left_ -= static_cast<uint64_t>(count);
  }
  return true;
}

Bytes SegmentReader::next() {
  if (begin_ == end_ && left_ == 0) return {};
  if (!hold(bytes_of_word)) damaged("a record is cut short");
  const uint64_t length = framed_bytes(reinterpret_cast<const std::byte*>(buffer_.data()) + begin_);
  if (length <= bytes_of_word || length > max_record_bytes) damaged("no record begins here");
  if (!hold(length)) damaged("a record is cut short");
  const Bytes record(reinterpret_cast<const std::byte*>(buffer_.data()) + begin_, length);
  begin_ += length;
  offset_ += length;
  return record;
}

void read_segment(const fs::path& directory, const Segment& segment, RecordChain& chain, const RecordVisit& visit) {
  const fs::path path = directory / segment.file;
  SegmentReader reader(path, segment.bytes);
  const auto at_next = [&](const std::string& what) {
    fail_damaged(path, fmt::format("at position {}: {}", chain.position() + 1, what));
  };
  for (Bytes record = reader.next(); !record.empty(); record = reader.next()) {
    if (chain.position() == segment.to) at_next("there are more records than the manifest says");
    const auto header = chain.add(record);
    if (!header) at_next(header.error());
    if (visit) visit(*header, record);
  }
  if (chain.position() != segment.to) at_next("the records end here, the manifest says more");
  if (!chain.is_command_end()) at_next("the records end within a command");
  if (reader.sha256() != segment.sha256)
    fail_damaged(path,
                 fmt::format("among positions {} to {}: its bytes are not those that the manifest has the SHA-256 of",
                             segment.from, segment.to));
  if (chain.root() != segment.root)
    fail_damaged(path,
                 fmt::format("among positions {} to {}: its records are not those that the log's Merkle root stands "
                             "for",
                             segment.from, segment.to));
}

void check_lengths(const fs::path& directory, const Manifest& manifest) {
  for (const Segment& segment : manifest.segments) open_segment(directory / segment.file, segment.bytes);
}

std::string read_kept(const fs::path& directory, const KeptFile& file) {
  const fs::path path = directory / file.file;
  auto bytes = read_own_file(path, max_kept_bytes);
  if (!bytes || bytes->size() != file.bytes) fail_damaged(path, fmt::format("it is no file of {} bytes", file.bytes));
  if (events::sha256(*bytes) != file.sha256)
    fail_damaged(path, "its bytes are not those that the manifest has the SHA-256 of");
  return *std::move(bytes);
}

std::pair<Manifest, std::vector<std::string>> read_manifest_and_kept(const fs::path& directory) {
  for (;;) {
    Manifest manifest = read_manifest(directory);
    try {
      std::vector<std::string> kept;
      for (const KeptFile& file : manifest.files) kept.push_back(read_kept(directory, file));
      return {std::move(manifest), std::move(kept)};
    } catch (const Failure&) {
      if (read_manifest(directory).files == manifest.files) throw;
    }
  }
}

}  // namespace catlog::store
