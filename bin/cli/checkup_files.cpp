#include "bin/cli/checkup.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "bin/cli/open.h"
#include "events/text/datetime.h"
#include "events/text/shell_word.h"
#include "projector/rebuild/rebuild.h"
#include "store/backup/manifest.h"
#include "store/backup/segment.h"
#include "store/log_format.h"

namespace catlog::cli {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr int64_t hour_us = 3'600'000'000, day_us = 24 * hour_us;
constexpr int64_t looked_back_us = 30 * day_us;
constexpr int64_t backup_warning_us = 26 * hour_us, backup_fault_us = 8 * day_us;  // a nightly one, and a week's
constexpr double few_days_of_room = 60;
constexpr uint64_t least_free_bytes = uint64_t{64} << 20;  // what catlogd wants free unless it is told otherwise
constexpr uint64_t commits_behind_warning = 1'000;
constexpr double much_of_a_file = 0.5;
constexpr uint64_t large_file_bytes = uint64_t{256} << 20;

double megabytes_of(double bytes) { return bytes / 1e6; }

// Bytes a day by which all of it grew, as the log's last events say; nothing for a log without a past.
std::optional<double> growth_a_day(const store::Log& log, const Overview& overview) {
  const auto first = recorded_at(log, 1);
  const int64_t now = events::now_us();
  if (!first || now <= *first) return {};
  const int64_t since = std::max(*first, now - looked_back_us);
  if (now - since < hour_us) return {};
  const auto before = since == *first ? 0 : projector::position_as_of(log, since);
  const double events = static_cast<double>(overview.head - std::min(overview.head, before));
  const double bytes = static_cast<double>(overview.log_bytes + overview.state_bytes + overview.read_model_bytes);
  return events * bytes / static_cast<double>(std::max<uint64_t>(overview.head, 1)) * static_cast<double>(day_us) /
         static_cast<double>(now - since);
}

void look_at_disk(const Settings& settings, const store::Log& log, const Overview& overview, Findings& findings) {
  const double free = static_cast<double>(fs::space(settings.data.root).available);
  const auto grows = growth_a_day(log, overview);
  const double room = std::max(0.0, free - static_cast<double>(least_free_bytes));
  const std::string has = fmt::format("{:.0f} MB are free", megabytes_of(free));
  if (free < static_cast<double>(least_free_bytes))
    return findings.fault("disk", Exit::failure,
                          fmt::format("{}, less than {} MiB, with which commands are refused unless min-free-bytes is "
                                      "lower: free space (RUNBOOK.md, \"Disk full\")",
                                      has, least_free_bytes >> 20));
  if (free < static_cast<double>(overview.read_model_bytes))
    findings.warn("disk", has + ", and a rebuild or a migration needs room for another read model: free space");
  else if (grows && *grows > 0 && room / *grows < few_days_of_room)
    findings.warn("disk",
                  fmt::format("{}, which last for {:.0f} days as the last events came: make room", has, room / *grows));
  else
    findings.ok("disk", has);
  if (grows)
    findings.ok("growth", fmt::format("{:.1f} MB a day, as events of the last 30 days came", megabytes_of(*grows)));
}

void look_at_log(const store::Log& log, const Overview& overview, Findings& findings) {
  const auto use = log.page_use();
  const double free = static_cast<double>(use.free) / static_cast<double>(std::max<uint64_t>(use.pages, 1));
  const std::string says = fmt::format("{:.1f} MB, {:.0f} % of it free pages",
                                       megabytes_of(static_cast<double>(overview.log_bytes)), free * 100);
  if (free > much_of_a_file && overview.log_bytes > large_file_bytes)
    findings.warn("log",
                  says + ": some reader kept pages from being used again; they will be, the file does not shrink");
  else
    findings.ok("log", says);
  const auto& reader = overview.oldest_reader;
  if (reader && reader->commits_behind > commits_behind_warning)
    findings.warn("log readers",
                  fmt::format("process {} has read since {} commits, and the log's file grows meanwhile: "
                              "end it",
                              reader->process_id, reader->commits_behind));
  else
    findings.ok("log readers", "none is in the way");
}

void look_at_kept_logs(const Settings& settings, Findings& findings) {
  for (const fs::path& kept : store::kept_logs(settings.data.log())) {
    std::error_code gone;
    const auto bytes = static_cast<double>(fs::file_size(kept, gone));
    if (!gone)
      findings.ok("earlier log",
                  fmt::format("{} is the log before it was made over, {:.1f} MB: delete it once `catlog verify` is "
                              "content",
                              kept.string(), megabytes_of(bytes)));
  }
}

// What of a data directory is not as it was made.
struct Misfits {
  size_t owners = 0, open = 0, keys = 0;
  fs::path owner, opened, key;  // the first of each

  void look_at(const fs::path& path, const struct stat& found, uid_t owner_of_all, const fs::path& keys_folder) {
    const auto note = [&](size_t& count, fs::path& first) {
      if (count++ == 0) first = path;
    };
    const bool is_key = path == keys_folder || path.parent_path() == keys_folder;
    if (found.st_uid != owner_of_all) note(owners, owner);
    if (is_key && (found.st_mode & 077) != 0)
      note(keys, key);
    else if ((S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)) && (found.st_mode & 07) != 0)
      note(open, opened);
  }
};

void look_at_rights(const Settings& settings, Findings& findings) {
  struct stat found {};
  const fs::path& root = settings.data.root;
  if (::stat(root.c_str(), &found) != 0) return;
  const uid_t owner = found.st_uid;
  Misfits misfits;
  std::error_code none;
  fs::recursive_directory_iterator entries(root, fs::directory_options::skip_permission_denied, none);
  for (; !none && entries != fs::recursive_directory_iterator(); entries.increment(none)) {
    const fs::path path = entries->path();
    if (path == settings.data.as_of()) entries.disable_recursion_pending();  // of whoever asked
    if (::lstat(path.c_str(), &found) == 0) misfits.look_at(path, found, owner, settings.data.keys());
  }
  if (misfits.keys > 0)
    findings.fault("keys", Exit::failure,
                   fmt::format("{} is open to others than its owner: chmod -R go= {}", misfits.key.string(),
                               settings.data.keys().string()));
  if (misfits.owners > 0)
    findings.fault("owner", Exit::failure,
                   fmt::format("{} of it, such as {}, belong to another user than {} does: chown "
                               "-R to that one's",
                               misfits.owners, misfits.owner.string(), root.string()));
  if (misfits.open > 0)
    findings.warn("permissions",
                  fmt::format("{} of it, such as {}, are open to everybody on this machine: chmod -R o= {}",
                              misfits.open, misfits.opened.string(), root.string()));
  if (misfits.keys + misfits.owners + misfits.open == 0)
    findings.ok("permissions", "all of it is its owner's and the groups'");
}

// The backup that the directory is, or of those in it the one that goes furthest, of the log's own history first.
std::pair<fs::path, store::Manifest> furthest_backup(const fs::path& directory, const store::Log& log) {
  std::error_code none;
  std::optional<std::pair<fs::path, store::Manifest>> furthest;
  const auto order = [&](const store::Manifest& each) {
    return std::pair(store::goes_on_from(log, each), each.last());
  };
  if (!store::has_manifest(directory))
    for (const auto& entry : fs::directory_iterator(directory, none)) {
      if (!store::has_manifest(entry.path())) continue;
      auto manifest = store::read_manifest(entry.path());
      if (!furthest || order(manifest) > order(furthest->second)) furthest.emplace(entry.path(), std::move(manifest));
    }
  return furthest ? *std::move(furthest) : std::pair(directory, store::read_manifest(directory));
}

}  // namespace

void look_at_files(const Settings& settings, const Overview& overview, Findings& findings) {
  {
    const store::Log log = open_log(settings);
    look_at_log(log, overview, findings);
    look_at_disk(settings, log, overview, findings);
  }
  look_at_kept_logs(settings, findings);
  look_at_rights(settings, findings);
}

void look_at_backup(const Settings& settings, const Overview& overview, const fs::path& backup,
                    Findings& findings) try {
  if (backup.empty())
    return findings.warn("backup", "nobody said where it is, so it was not looked at: name it with --backup");
  const store::Log log = open_log(settings);
  const auto [directory, manifest] = furthest_backup(backup, log);
  if (manifest.log_id != overview.log_id)
    return findings.fault("backup", Exit::failure,
                          fmt::format("{} is one of another log, {}: begin a new one in an empty directory",
                                      backup.string(), manifest.log_id));
  if (!store::goes_on_from(log, manifest))
    return findings.fault(
        "backup", Exit::failure,
        fmt::format("{} is of another history of this log, which was put back since: begin a new one in "
                    "an empty directory",
                    backup.string()));
  store::check_lengths(directory, manifest);
  if (manifest.last() >= overview.head) return findings.ok("backup", backup.string() + " has every event");
  const auto since = recorded_at(log, manifest.last() + 1);
  const int64_t age_us = since ? events::now_us() - *since : 0;
  const bool is_empty = manifest.last() == 0;  // whatever it was made for: a restore gets nothing from it
  const std::string words = fmt::format("{} {} {} events, the first of which is {:.1f} hours old", backup.string(),
                                        is_empty ? "holds none of the" : "lacks", overview.head - manifest.last(),
                                        static_cast<double>(age_us) / static_cast<double>(hour_us));
  const std::string run = fmt::format(": run `catlog backup {}`", events::shell_word(directory.string()));
  if (age_us > backup_fault_us)
    findings.fault("backup", Exit::failure, words + run + ", and see why nobody did");
  else if (is_empty || age_us > backup_warning_us)
    findings.warn("backup", words + run);
  else
    findings.ok("backup", words);
} catch (const Failure& failure) {
  findings.fault("backup", failure.code() == Exit::usage ? Exit::failure : failure.code(), failure.what());
}

}  // namespace catlog::cli
