#include "bin/housekeeping/backups.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "store/backup/manifest.h"

namespace catlog::housekeeping {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view folder_prefix = "catlog-";

struct Folder {
  fs::path path;
  events::Position last = 0;
  fs::file_time_type written;
};

// Whether the log holds what the backup holds.
bool goes_on_from(const store::Log& log, const store::Manifest& manifest) {
  const store::LogSnapshot snapshot = log.snapshot();
  return manifest.log_id == log.id() && manifest.last() <= snapshot.head() &&
         snapshot.tree_head(manifest.last()) == manifest.end.head();
}

// catlog-20261128T023000Z
std::string folder_name(int64_t now_us) {
  std::string time = events::to_rfc3339(now_us).substr(0, std::string_view("2026-11-28T02:30:00").size());
  std::erase_if(time, [](char each) { return each == '-' || each == ':'; });
  return fmt::format("{}{}Z", folder_prefix, time);
}

}  // namespace

BackupFolders look_at_backups(const fs::path& directory, const store::Log& log) {
  BackupFolders found;
  std::vector<Folder> folders;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const fs::path& path = entry.path();
    if (!path.filename().string().starts_with(folder_prefix) || !entry.is_directory(gone)) continue;
    if (!store::has_manifest(path)) {
      // A run that was killed before its first word; whatever else may be in it, `catlog backup` refuses.
      folders.push_back({path, 0, entry.last_write_time(gone)});
      continue;
    }
    try {
      const store::Manifest manifest = store::read_manifest(path);
      if (goes_on_from(log, manifest))
        folders.push_back({path, manifest.last(), fs::last_write_time(path / "manifest.json", gone)});
      else
        ++found.of_others;
    } catch (const events::Failure& failure) {
      found.faults.emplace_back(failure.what());
    }
  }
  std::ranges::sort(folders, {}, [](const Folder& each) { return std::tie(each.last, each.written, each.path); });
  for (Folder& folder : folders) found.usable.push_back(std::move(folder.path));
  return found;
}

Outcome BackUp::run(int64_t now_us) {
  std::error_code none;
  if (!fs::is_directory(options_.directory, none))
    return {End::failed,
            fmt::format("{} is no directory: make it, or mount what belongs there", options_.directory.string())};
  const BackupFolders folders = look_at_backups(options_.directory, log_);
  const bool is_first = folders.usable.size() < options_.copies;
  const fs::path folder = is_first ? options_.directory / folder_name(now_us) : folders.usable.front();
  std::vector<std::string> arguments{"backup", folder.string()};
  if (!options_.keys.empty()) arguments.insert(arguments.end(), {"--keys", options_.keys.string()});
  if (auto made = programs_.run(arguments); made.end != End::done) return made;
  Outcome checked = programs_.run({"backup", folder.string(), "--verify"});
  if (checked.end != End::done) return checked;
  // What could be made was made; but a copy less than was asked for is there.
  if (!folders.faults.empty())
    return {End::failed, fmt::format("{} was made, but {}: look at the disk, and remove that one",
                                     folder.filename().string(), folders.faults.front())};
  if (folders.of_others > 0) checked.words += fmt::format("; {} of another history are beside it", folders.of_others);
  return checked;
}

}  // namespace catlog::housekeeping
