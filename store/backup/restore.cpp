#include "store/backup/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "events/data_directory.h"
#include "events/path.h"
#include "events/text/uuid.h"
#include "store/backup/segment.h"
#include "store/files/durable_file.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr const char* being_restored = log_being_restored;
constexpr size_t max_commit_records = 10'000;
constexpr size_t max_commit_bytes = size_t{16} << 20;

// Records on their way into the log, a commit for so many.
class Appender {
 public:
  explicit Appender(Log& log) : log_(log) {}
  void add(Bytes record) {
    lengths_.push_back(record.size());
    bytes_.append(reinterpret_cast<const char*>(record.data()), record.size());
    if (lengths_.size() == max_commit_records || bytes_.size() >= max_commit_bytes) commit();
  }
  void commit() {
    std::vector<Bytes> records;
    records.reserve(lengths_.size());
    Bytes rest = std::as_bytes(std::span(bytes_));
    for (const size_t length : lengths_) {
      records.push_back(rest.first(length));
      rest = rest.subspan(length);
    }
    head_ = log_.append(head_, records);
    bytes_.clear();
    lengths_.clear();
  }

 private:
  Log& log_;
  Position head_ = 0;
  std::string bytes_;
  std::vector<size_t> lengths_;
};

bool is_wanted(const RecordHeader& header, const RestoreTarget& target) {
  return (!target.position || header.command_end() <= *target.position) &&
         (!target.recorded_by_us || header.recorded_at_us <= *target.recorded_by_us);
}

// What the finished log holds is read once more: its records give the root that the backup's gave.
void check_built(const fs::path& directory, const TreeHead& expected) {
  const Log log = Log::open(directory, Access::read);
  RecordChain chain{Frontier()};
  while (chain.position() < log.head()) {
    const LogSnapshot snapshot = log.snapshot();
    const Position stop = chain.position() + max_commit_records;
    snapshot.scan(chain.position() + 1, [&](Position position, Bytes record) {
      if (const auto header = chain.add(record); !header)
        throw Failure(Exit::damaged,
                      fmt::format("{} at position {}: {}", directory.string(), position, header.error()));
      return position < stop;
    });
  }
  if (chain.frontier().head() != expected || log.snapshot().tree_head() != expected)
    throw Failure(Exit::damaged,
                  fmt::format("{} reads back otherwise than it was written: look at the disk", directory.string()));
}

}  // namespace

Restore::Restore(fs::path backup, fs::path data_directory)
    : backup_(std::move(backup)), data_(events::without_dots(fs::absolute(data_directory))) {
  std::tie(manifest_, kept_) = read_manifest_and_kept(backup_);
  check_data_directory();
  lock_.emplace(events::DataDirectory(data_).lock("restore"), "a restore into " + data_.string());
  check_data_directory();  // again: nobody else restores from here on
  fs::remove_all(data_ / being_restored);
}

Restore::~Restore() {
  std::error_code ignored;
  fs::remove_all(data_ / being_restored, ignored);
}

void Restore::check_data_directory() const {
  std::set<std::string> harmless{"run", "keys", "housekeeping.json", "lost+found", being_restored, begin_sign};
  for (const KeptFile& file : manifest_.files) harmless.insert(file.name);
  if (!fs::exists(data_)) return;
  if (!fs::is_directory(data_))
    throw Failure(Exit::usage, data_.string() + " is no folder: name a new data directory with --data");
  for (const auto& entry : fs::directory_iterator(data_))
    if (const std::string name = entry.path().filename(); !harmless.contains(name))
      throw Failure(Exit::usage, fmt::format("{} has {} in it: nothing is restored over what is there; name a new data "
                                             "directory with --data, or move this one away",
                                             data_.string(), name));
}

Position Restore::copy(Log& log, const RestoreTarget& target, const BackupProgress& progress) const {
  RecordChain chain{Frontier()};
  Appender appender(log);
  Position end = 0;
  bool is_over = false;
  for (const Segment& segment : manifest_.segments) {
    // Also what is not wanted of a segment is read: only its end proves its beginning.
    read_segment(backup_, segment, chain, [&](const RecordHeader& header, Bytes record) {
      is_over = is_over || !is_wanted(header, target);
      if (is_over) return;
      appender.add(record);
      end = header.position;
      if (progress && end % events_between_progress == 0) progress(end, manifest_.last());
    });
    if (is_over || segment.to >= target.position.value_or(UINT64_MAX)) break;
  }
  appender.commit();
  return end;
}

Restored Restore::build(const RestoreTarget& target, const BackupProgress& progress) {
  if (target.position.value_or(0) > manifest_.last())
    throw Failure(Exit::usage, fmt::format("the backup ends at position {}", manifest_.last()));
  Restored restored;
  {
    Log log = Log::open(data_ / being_restored, Access::write);
    const Position end = copy(log, target, progress);
    if (end == 0 && target.recorded_by_us)
      throw Failure(Exit::usage, "the first command of the backup is later than that time");
    restored.head = log.snapshot().tree_head();
    restored.identity = {manifest_.log_id, manifest_.forked_from};
    if (end < manifest_.last() || target.identity == Identity::new_log)
      restored.identity = {log.id(), ForkedFrom{manifest_.log_id, end, restored.head.root}};
    log.identify(restored.identity);
  }
  check_built(data_ / being_restored, restored.head);
  return restored;
}

std::optional<std::string> Restore::kept(std::string_view name) const {
  for (size_t i = 0; i < manifest_.files.size(); ++i)
    if (manifest_.files[i].name == name) return kept_[i];
  return {};
}

void Restore::publish() {
  // rename(2) replaces an empty directory only: a log that somebody began meanwhile stays.
  std::error_code error;
  fs::rename(data_ / being_restored, events::DataDirectory(data_).log(), error);
  if (error)
    throw Failure(Exit::failure,
                  fmt::format("cannot put the log in its place in {}: {}", data_.string(), error.message()));
  fs::remove(data_ / begin_sign, error);  // there is one now; should it be lost, none is to be begun in its place
  sync_path(data_);
  sync_path(data_.parent_path());
}

}  // namespace catlog::store
