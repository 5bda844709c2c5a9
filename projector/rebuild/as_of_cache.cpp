#include "projector/rebuild/as_of_cache.h"

#include "events/schema/record.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "events/digest.h"
#include "events/error.h"
#include "projector/model/building_files.h"
#include "projector/rebuild/rebuild.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/migrations.h"
#include "store/files/durable_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using FileTime = fs::file_time_type;

namespace {

constexpr std::chrono::minutes in_use_for{10};

// What of the quarantine the rows up to there follow from.
std::string tag_of(const Quarantine& quarantine, Position position) {
  std::string left_out;
  for (const QuarantinedEvent& event : quarantine.events())
    if (event.position <= position) left_out += fmt::format("{}:{}:{},", event.position, event.why.size(), event.why);
  return left_out.empty() ? "" : "-without-" + events::hex(events::sha256(left_out)).substr(0, 16);
}

struct Kept {
  fs::path file;
  FileTime used;
  uint64_t bytes = 0;
};

// Last used first. Other processes remove files meanwhile.
std::vector<Kept> files_in(const fs::path& directory) {
  std::vector<Kept> files;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(directory, gone)) {
    if (entry.path().extension() != ".sqlite") continue;
    const auto used = entry.last_write_time(gone);
    const auto bytes = gone ? 0 : entry.file_size(gone);
    if (!gone) files.push_back({entry.path(), used, bytes});
  }
  std::ranges::sort(files, std::greater<>(), &Kept::used);
  return files;
}

}  // namespace

Position command_end_before(const store::Log& log, Position position) {
  if (position == 0) return 0;
  const store::LogSnapshot snapshot = log.snapshot();
  const events::RecordView record(snapshot.read(position));
  const Position index = record.root().getIndex();
  return index + 1 == record.root().getCount() ? position : position - index - 1;
}

bool AsOfCache::is_writable() const {
  try {
    store::make_directories(directory_);
  } catch (const events::Failure&) {
  } catch (const events::StorageFull&) {
  }
  return ::access(directory_.c_str(), W_OK | X_OK) == 0;
}

fs::path AsOfCache::file(const store::Log& log, const Quarantine& quarantine, Position position) const {
  position = command_end_before(log, position);
  const fs::path file = directory_ / fmt::format("{}-{}-{}-schema-{}{}.sqlite", log.id(), position,
                                                 merkle_head_at(log, position).substr(0, 16), migrations().size(),
                                                 tag_of(quarantine, position));
  if (!fs::exists(file)) {
    try {
      build_file(log, quarantine, file, position);
    } catch (const events::Failure&) {
      if (!fs::exists(file)) throw;  // else another process was quicker
    }
  }
  std::error_code not_ours;
  fs::last_write_time(file, FileTime::clock::now(), not_ours);
  make_room(file);
  return file;
}

void AsOfCache::make_room(const fs::path& used) const {
  remove_all_abandoned(directory_);
  uint64_t bytes = 0;
  size_t number = 0;
  for (const Kept& kept : files_in(directory_)) {
    bytes += kept.bytes;
    ++number;
    if (number <= as_of_files_kept && bytes <= as_of_bytes_kept) continue;
    if (kept.file == used || FileTime::clock::now() - kept.used < in_use_for) continue;
    std::error_code gone;
    fs::remove(kept.file, gone);
  }
}

}  // namespace catlog::projector
