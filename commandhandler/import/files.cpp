#include "commandhandler/import/files.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "events/error.h"
#include "events/path.h"

namespace catlog::commandhandler::importing {
namespace {

namespace fs = std::filesystem;

void add_file(Files& files, const fs::path& path) {
  if (files.paths.size() == max_files)
    throw events::Failure(events::Exit::usage,
                          fmt::format("there are more than {} files; import them folder by folder", max_files));
  files.paths.push_back(events::without_dots(path).string());
}

bool is_taken(const fs::path& path) {
  std::string name = path.filename().string();
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name.ends_with(".json") || name.ends_with(".json.gz");
}

void say_what_is_left(Files& files, const std::string& folder, size_t taken, size_t all) {
  if (taken == all && all > 0) return;
  if (taken > 0) {
    files.notes.push_back(fmt::format("{} of {} files in {} are left out, which end in neither .json nor .json.gz",
                                      all - taken, all, folder));
  } else {
    files.problems.push_back(
        {folder, fmt::format("0 of {} files have the ending .json or .json.gz; a file that is named "
                             "itself is imported whatever its ending",
                             all)});
  }
}

void add_folder(Files& files, const fs::path& folder) {
  std::error_code error;
  size_t taken = 0, all = 0;
  fs::recursive_directory_iterator entries(folder, error), end;
  while (!error && entries != end) {
    std::error_code unknown;
    if (!entries->is_directory(unknown)) {
      ++all;
      if (is_taken(entries->path())) {
        ++taken;
        add_file(files, entries->path());
      }
    }
    entries.increment(error);
  }
  if (error) files.problems.push_back({folder.string(), fmt::format("cannot be listed: {}", error.message())});
  if (!error) say_what_is_left(files, folder.string(), taken, all);
}

}  // namespace

Files collect_files(const std::vector<std::string>& paths) {
  Files files;
  for (const std::string& path : paths) {
    std::error_code error;
    fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
      files.problems.push_back({path, "there is no such file or folder"});
    } else if (fs::is_directory(status)) {
      add_folder(files, path);
    } else {
      add_file(files, path);
    }
  }
  std::ranges::sort(files.paths);
  auto again = std::ranges::unique(files.paths);
  files.paths.erase(again.begin(), again.end());
  return files;
}

}  // namespace catlog::commandhandler::importing
