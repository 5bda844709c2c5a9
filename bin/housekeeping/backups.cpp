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

// catlog-20261128T023000Z
std::string folder_name(int64_t now_us) {
  std::string time = events::to_rfc3339(now_us).substr(0, std::string_view("2026-11-28T02:30:00").size());
  std::erase_if(time, [](char each) { return each == '-' || each == ':'; });
  return fmt::format("{}{}Z", folder_prefix, time);
}

// Whether it is a name that folder_name gives.
bool is_folder_name(std::string_view name) {
  constexpr std::string_view form = "catlog-00000000T000000Z";
  return std::ranges::equal(
      name, form, [](char given, char asked) { return asked == '0' ? given >= '0' && given <= '9' : given == asked; });
}

}  // namespace

BackupFolders look_at_backups(const fs::path& directory, const store::Log& log) {
  BackupFolders found;
  std::vector<Folder> folders;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const fs::path& path = entry.path();
    if (!is_folder_name(path.filename().string()) || !entry.is_directory(gone)) continue;
    if (!store::has_manifest(path)) {
      // A run that was killed before its first word; whatever else may be in it, `catlog backup` refuses.
      folders.push_back({path, 0, entry.last_write_time(gone)});
      continue;
    }
    try {
      const store::Manifest manifest = store::read_manifest(path);
      if (store::goes_on_from(log, manifest))
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

Outcome BackUp::bring_up_to_now(const fs::path& folder) {
  std::vector<std::string> arguments{"backup", folder.string()};
  if (!options_.keys.empty()) arguments.insert(arguments.end(), {"--keys", options_.keys.string()});
  const bool has_events = log_.head() > 0;  // without one there is nothing to read back, and the check says so with 1
  Outcome made = programs_.run(arguments);
  return made.end == End::done && has_events ? programs_.run({"backup", folder.string(), "--verify"}) : made;
}

Outcome BackUp::run(int64_t now_us) {
  std::error_code none;
  if (!fs::is_directory(options_.directory, none))
    return {End::failed,
            fmt::format("{} is no directory: make it, or mount what belongs there", options_.directory.string())};
  BackupFolders folders = look_at_backups(options_.directory, log_);
  const fs::path another = options_.directory / folder_name(now_us);
  if (folders.usable.size() < options_.copies && std::ranges::find(folders.usable, another) == folders.usable.end())
    folders.usable.insert(folders.usable.begin(), another);
  std::erase_if(failed_, [&](const auto& each) { return !fs::exists(each.first, none); });
  Outcome outcome;
  for (const fs::path& folder : folders.usable) {
    outcome = bring_up_to_now(folder);
    if (outcome.end == End::stopped) return outcome;
    if (outcome.end == End::done) {
      failed_.erase(folder);
      break;
    }
    failed_[folder] = outcome.words;
  }
  if (outcome.end != End::done) return outcome;
  // What could be made was made; but a copy less than was asked for is there.
  for (const auto& [folder, words] : failed_)
    folders.faults.push_back(fmt::format("{} failed: {}", folder.string(), words));
  if (!folders.faults.empty())
    return {End::failed,
            fmt::format("one was made, but {}: look at the disk, and remove that one", folders.faults.front())};
  if (folders.of_others > 0) outcome.words += fmt::format("; {} of another history are beside it", folders.of_others);
  return outcome;
}

}  // namespace catlog::housekeeping
