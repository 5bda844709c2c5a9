#include "store/backup/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "store/backup/manifest.h"
#include "store/backup/segment.h"
#include "store/files/durable_file.h"
#include "store/files/file_lock.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr const char* lock_name = "backup.lock";
constexpr Position max_events_per_copy = 10'000;    // of one snapshot
constexpr size_t max_copy_bytes = size_t{8} << 20;  // the same; it ends with the event that goes over

[[noreturn]] void refuse(const fs::path& directory, const std::string& why) {
  throw Failure(Exit::usage,
                fmt::format("{} {}: name another, empty directory for a new backup", directory.string(), why));
}

// Records of the log from a position on, in memory.
struct Copy {
  std::string bytes;
  Position last = 0;
  bool is_command_end = true;
};

// One snapshot's worth, up to `head`; with `enough` bytes it ends at the end of a command.
Copy copy_records(const Log& log, RecordChain& chain, Position from, Position head, uint64_t enough) {
  Copy copy;
  const LogSnapshot snapshot = log.snapshot();
  snapshot.scan(from, [&](Position position, Bytes record) {
    const auto header = chain.add(record);
    if (!header) throw Failure(Exit::damaged, fmt::format("the log at position {}: {}", position, header.error()));
    copy.bytes.append(reinterpret_cast<const char*>(record.data()), record.size());
    copy.last = position;
    copy.is_command_end = header->command_end() == position;
    if (copy.is_command_end && copy.bytes.size() >= enough) return false;
    return position < head && position - from + 1 < max_events_per_copy && copy.bytes.size() < max_copy_bytes;
  });
  return copy;
}

class Backup {
 public:
  Backup(const Log& log, const fs::path& directory, const BackupOptions& options, const BackupProgress& progress)
      : log_(log), directory_(directory), options_(options), progress_(progress) {
    if (fs::exists(directory_) && !fs::is_directory(directory_)) refuse(directory_, "is no folder");
    make_directories(directory_, private_directory);
    lock_.emplace(directory / lock_name, "a backup into " + directory.string());
    is_begun_ = has_manifest(directory);
    is_begun_ ? open() : begin();
  }

  BackupResult run() {
    BackupResult report{log_.id(), manifest_.last() + 1, log_.head(), 0, 0, {}};
    if (!has_events(report)) report.to = manifest_.last();
    while (manifest_.last() < report.to) {
      if (manifest_.segments.size() == max_segments) refuse(directory_, "has as many segments as a backup can have");
      add_segment(report.to);
      report.bytes += manifest_.segments.back().bytes;
    }
    write_first_manifest();
    keep_files();
    write_manifest(directory_, manifest_);
    remove_strays();
    report.segments = manifest_.segments.size();
    report.root = manifest_.end.head().root;
    return report;
  }

 private:
  bool has_events(const BackupResult& report) const { return report.to >= report.from; }

  void begin() {
    for (const auto& entry : fs::directory_iterator(directory_)) {
      const std::string name = entry.path().filename();
      if (name == lock_name || name.ends_with(DurableFile::suffix)) continue;
      refuse(directory_, is_backup_file(name) ? "holds a backup whose manifest.json is missing"
                                              : fmt::format("holds something else ({})", name));
    }
    manifest_.log_id = log_.id();
    manifest_.forked_from = log_.forked_from();
  }

  // Before the first file that it can name, and no earlier: files without a manifest are a backup that lost it, and a
  // manifest without files is one of an empty log.
  void write_first_manifest() {
    if (!std::exchange(is_begun_, true)) write_manifest(directory_, manifest_);
  }

  void open() {
    manifest_ = read_manifest(directory_);
    if (manifest_.log_id != log_.id())
      refuse(directory_, fmt::format("is a backup of log {}, and this is log {}", manifest_.log_id, log_.id()));
    const Position last = manifest_.last();
    const LogSnapshot snapshot = log_.snapshot();
    if (last > snapshot.head())
      refuse(directory_,
             fmt::format("goes up to position {}, and the log only to {}: the log was put back to an earlier "
                         "time, and the backup has events that it lost",
                         last, snapshot.head()));
    if (snapshot.tree_head(last) != manifest_.end.head())
      refuse(directory_,
             fmt::format("has other events up to position {} than the log: they are two histories of one log", last));
    check_lengths(directory_, manifest_);
  }

  void add_segment(Position head) {
    const Position from = manifest_.last() + 1;
    DurableFile file(directory_ / segment_name(from, from));
    Segment segment{{}, from, from - 1, 0, {}, {}};
    RecordChain chain(manifest_.end);
    events::DigestStream digest;
    for (bool is_done = false; !is_done;) {
      const uint64_t enough = options_.segment_bytes - std::min(segment.bytes, options_.segment_bytes);
      const Copy copy = copy_records(log_, chain, segment.to + 1, head, enough);
      const auto bytes = std::as_bytes(std::span(copy.bytes));
      file.write(bytes);
      digest.add(bytes);
      segment.bytes += bytes.size();
      segment.to = copy.last;
      if (segment.to == head && !copy.is_command_end)
        throw Failure(Exit::damaged,
                      fmt::format("the log ends within a command, at position {}: run catlog verify", head));
      is_done = copy.is_command_end && (segment.to == head || segment.bytes >= options_.segment_bytes);
      if (progress_) progress_(segment.to, head);
    }
    segment.file = segment_name(from, segment.to);
    segment.sha256 = digest.finish();
    segment.root = log_.snapshot().tree_head(segment.to).root;
    if (chain.frontier().head().root != segment.root)
      throw Failure(Exit::damaged, fmt::format("the log among positions {} to {}: its records are not those that its "
                                               "Merkle root stands for; catlog verify names them",
                                               from, segment.to));
    file.sync();
    Frontier end = read_back(segment, file.fresh());
    write_first_manifest();
    file.publish_as(directory_ / segment.file);
    manifest_.segments.push_back(std::move(segment));
    manifest_.end = std::move(end);
    write_manifest(directory_, manifest_);
  }

  // From the disk, as a restore will read it; the tree's frontier behind it.
  Frontier read_back(Segment segment, const fs::path& file) const {
    segment.file = file.filename();
    RecordChain chain(manifest_.end);
    read_segment(directory_, segment, chain, {});
    return chain.frontier();
  }

  void keep_files() {
    manifest_.files.clear();
    for (const fs::path& path : options_.files) {
      const auto bytes = read_own_file(path, max_kept_bytes);
      if (!bytes && bytes.error().error == ENOENT) continue;
      if (!bytes) throw Failure(Exit::failure, bytes.error().sentence);
      const Digest sha256 = events::sha256(*bytes);
      const std::string name = path.filename();
      KeptFile kept{name, kept_name(name, sha256), bytes->size(), sha256};
      write_durably(directory_ / kept.file, *bytes);
      read_kept(directory_, kept);
      manifest_.files.push_back(std::move(kept));
    }
  }

  // What a run that ended early left, and earlier versions of kept files.
  void remove_strays() const {
    std::set<std::string> named{"manifest.json"};
    for (const Segment& segment : manifest_.segments) named.insert(segment.file);
    for (const KeptFile& file : manifest_.files) named.insert(file.file);
    std::vector<fs::path> strays;
    for (const auto& entry : fs::directory_iterator(directory_))
      if (const std::string name = entry.path().filename(); is_backup_file(name) && !named.contains(name))
        strays.push_back(entry.path());
    for (const fs::path& stray : strays) fs::remove(stray);
  }

  const Log& log_;
  const fs::path& directory_;
  const BackupOptions& options_;
  const BackupProgress& progress_;
  std::optional<FileLock> lock_;
  bool is_begun_ = false;  // there is a manifest
  Manifest manifest_;
};

}  // namespace

BackupResult back_up(const Log& log, const fs::path& directory, const BackupOptions& options,
                     const BackupProgress& progress) {
  return Backup(log, directory, options, progress).run();
}

BackupResult verify_backup(const fs::path& directory, const BackupProgress& progress) {
  const Manifest manifest = read_manifest_and_kept(directory).first;
  BackupResult report{manifest.log_id, 1, manifest.last(), 0, manifest.segments.size(), manifest.end.head().root};
  RecordChain chain{Frontier()};
  const auto tell = [&](const RecordHeader& header, Bytes) {
    if (progress && header.position % events_between_progress == 0) progress(header.position, manifest.last());
  };
  for (const Segment& segment : manifest.segments) {
    read_segment(directory, segment, chain, tell);
    report.bytes += segment.bytes;
  }
  return report;
}

}  // namespace catlog::store
