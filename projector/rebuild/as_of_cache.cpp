#include "projector/rebuild/as_of_cache.h"

#include "events/schema/record.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "events/digest.h"
#include "events/error.h"
#include "events/rights.h"
#include "projector/model/building_files.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/migrations.h"
#include "store/files/durable_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using FileTime = fs::file_time_type;

namespace {

constexpr std::chrono::milliseconds look_again_after{5};

// What of the quarantine the rows up to there follow from.
std::string tag_of(const Quarantine& quarantine, Position position) {
  std::string left_out;
  for (const QuarantinedEvent& event : quarantine.events())
    if (event.position <= position) left_out += fmt::format("{}:{}:{},", event.position, event.why.size(), event.why);
  return left_out.empty() ? "" : "-without-" + events::hex(events::sha256(left_out)).substr(0, 16);
}

std::string name_of(const store::Log& log, const Quarantine& quarantine, Position position) {
  return fmt::format("{}-{}-{}-schema-{}{}.sqlite", log.id(), position, merkle_head_at(log, position).substr(0, 16),
                     migrations().size(), tag_of(quarantine, position));
}

// The position in the name of a file of this log; 0: it has none, or one that the log has not.
Position position_in(const fs::path& file, const std::string& log_id) {
  const std::string name = file.filename().string();
  Position position = 0;
  if (!name.starts_with(log_id + '-')) return 0;
  const auto read = std::from_chars(name.data() + log_id.size() + 1, name.data() + name.size(), position);
  return read.ec == std::errc() ? position : 0;
}

struct Kept {
  fs::path file;
  FileTime used;
  uint64_t bytes = 0;
};

// Last used first. Other processes remove files meanwhile.
// `unread`: why the folder cannot be read.
std::vector<Kept> files_in(const fs::path& directory, std::error_code& unread) {
  std::vector<Kept> files;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(directory, unread)) {
    if (entry.path().extension() != ".sqlite") continue;
    const auto used = entry.last_write_time(gone);
    const auto bytes = gone ? 0 : entry.file_size(gone);
    if (!gone) files.push_back({entry.path(), used, bytes});
  }
  std::ranges::sort(files, std::greater<>(), &Kept::used);
  return files;
}

// Through a descriptor of its own, as flock: SQLite locks ranges of the file, which is another thing.
// `refused`: why it stays that nobody holds.
bool remove_unless_held(const fs::path& file, std::string& refused) {
  const auto opened = store::OwnFile::open(file, store::Opening::read);
  if (!opened && opened.error().error != ENOENT) refused = opened.error().sentence;
  if (!opened || ::flock(opened->fd(), LOCK_EX | LOCK_NB) != 0) return false;
  std::error_code why;
  const bool is_gone = fs::remove(file, why);
  if (why) refused = fmt::format("cannot remove {}: {}{}", file.string(), why.message(), events::hint_at(why.value()));
  return is_gone;
}

}  // namespace

std::optional<KeptFile> KeptFile::hold(const fs::path& file) {
  auto opened = store::OwnFile::open(file, store::Opening::read);
  if (!opened) {
    if (opened.error().error == ENOENT) return {};
    throw events::Failure(events::Exit::failure, opened.error().sentence);
  }
  // Only who removes it holds it alone.
  struct stat status {};
  if (::flock(opened->fd(), LOCK_SH | LOCK_NB) != 0 || ::fstat(opened->fd(), &status) != 0 || status.st_nlink == 0)
    return {};
  return KeptFile(file, *std::move(opened));
}

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

KeptFile AsOfCache::file(const store::Log& log, const Quarantine& quarantine, Position position,
                         const Progress& progress) const {
  position = command_end_before(log, position);
  const fs::path file = directory_ / name_of(log, quarantine, position);
  for (;;) {
    if (auto kept = KeptFile::hold(file)) {
      std::error_code not_ours;
      fs::last_write_time(file, FileTime::clock::now(), not_ours);
      make_room(file);
      return *std::move(kept);
    }
    if (fs::exists(file))
      std::this_thread::sleep_for(look_again_after);  // somebody is removing it
    else
      make(log, quarantine, file, position, progress);
  }
}

// Of files whose rows follow from this log and this list.
std::optional<KeptFile> AsOfCache::nearest(const store::Log& log, const Quarantine& quarantine,
                                           Position position) const {
  Position best = 0;
  std::error_code unread;  // then none is there to begin with
  for (const Kept& kept : files_in(directory_, unread)) {
    const Position at = position_in(kept.file, log.id());
    if (at > best && at < position && kept.file.filename() == name_of(log, quarantine, at)) best = at;
  }
  if (best == 0 || position - best > position / cost_in_order) return {};
  return KeptFile::hold(directory_ / name_of(log, quarantine, best));
}

void AsOfCache::make(const store::Log& log, const Quarantine& quarantine, const fs::path& file, Position position,
                     const Progress& progress) const {
  try {
    if (const auto earlier = nearest(log, quarantine, position)) {
      try {
        build_file_from(earlier->path(), log, quarantine, file, position, progress);
        return;
      } catch (const events::Failure& failure) {
        if (failure.code() != events::Exit::damaged) throw;
        std::error_code not_ours;
        fs::remove(earlier->path(), not_ours);  // it is of no use to anybody
      }
    }
    build_file(log, quarantine, file, position, progress);
  } catch (const events::Failure&) {
    if (!fs::exists(file)) throw;  // else another process was quicker
  }
}

Removal AsOfCache::remove_unused(int64_t since_us) const {
  std::error_code none;
  if (!fs::exists(directory_, none)) return {};
  remove_all_abandoned(directory_);
  const auto since =
      FileTime::clock::from_sys(std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(since_us)));
  Removal removal;
  std::error_code unread;
  for (const Kept& kept : files_in(directory_, unread)) {
    if (kept.used >= since) continue;
    std::string refused;
    if (remove_unless_held(kept.file, refused)) ++removal.files;
    if (!refused.empty()) removal.refused.push_back(std::move(refused));
  }
  if (unread && unread != std::errc::no_such_file_or_directory)
    removal.refused.push_back(
        fmt::format("cannot read {}: {}{}", directory_.string(), unread.message(), events::hint_at(unread.value())));
  return removal;
}

void AsOfCache::make_room(const fs::path& used) const {
  remove_all_abandoned(directory_);
  std::error_code unknown;
  const auto files = files_in(directory_, unknown);
  uint64_t all_bytes = 0;
  for (const Kept& kept : files) all_bytes += kept.bytes;
  const auto space = fs::space(directory_, unknown);
  const uint64_t most_bytes =
      unknown ? as_of_bytes_kept : std::min(as_of_bytes_kept, (space.available + all_bytes) / part_of_disk_kept);
  uint64_t bytes = 0;
  size_t number = 0;
  std::string none;  // who asks for a file cannot mend that
  for (const Kept& kept : files) {
    bytes += kept.bytes;
    ++number;
    if (number <= as_of_files_kept && bytes <= most_bytes) continue;
    if (kept.file != used) remove_unless_held(kept.file, none);
  }
}

}  // namespace catlog::projector
