#include "commandhandler/import/files.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include <fmt/format.h>

#include "events/error.h"
#include "events/path.h"
#include "events/text/utf8.h"

namespace catlog::commandhandler::importing {
namespace {

namespace fs = std::filesystem;

void add_file(Files& files, const fs::path& path) {
  if (files.paths.size() == max_files)
    throw events::Failure(events::Exit::usage,
                          fmt::format("there are more than {} files; import them folder by folder", max_files));
  files.paths.push_back(events::without_dots(path).string());
}

// Which file it is, whatever way leads to its folder. Its own name stays: what a link is called may say what it holds.
std::string place_of(const fs::path& path) {
  std::error_code error;
  const fs::path folder = fs::canonical(path.has_parent_path() ? path.parent_path() : ".", error);
  return error ? path.string() : (folder / path.filename()).string();
}

bool is_taken(const fs::path& path) {
  const std::string name = events::lower_ascii(path.filename().string());
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

// What a folder that was named holds, however deep.
class Folder {
 public:
  Folder(Files& files, const fs::path& top) : files_(files), open_{top} {
    while (!open_.empty()) list();
    if (all_ > 0 || !is_told_) say_what_is_left(files, top.string(), taken_, all_);
  }

 private:
  void list() {
    const fs::path folder = std::move(open_.back());
    open_.pop_back();
    std::error_code error;
    fs::directory_iterator entries(folder, error), end;
    for (; !error && entries != end; entries.increment(error)) look_at(*entries);
    if (error)
      tell(folder, fmt::format("this folder cannot be listed, and its files are left out: {}", error.message()));
  }

  void look_at(const fs::directory_entry& entry) {
    std::error_code unknown;
    if (!entry.is_directory(unknown)) {
      ++all_;
      if (!is_taken(entry.path())) return;
      ++taken_;
      add_file(files_, entry.path());
    } else if (entry.is_symlink(unknown)) {
      // It may lead back to where it is.
      tell(entry.path(), "this is a link to a folder, and its files are left out: name it itself to import them");
    } else {
      open_.push_back(entry.path());
    }
  }

  void tell(const fs::path& folder, std::string reason) {
    files_.problems.push_back({folder.string(), std::move(reason)});
    is_told_ = true;
  }

  Files& files_;
  std::vector<fs::path> open_;
  size_t taken_ = 0, all_ = 0;
  bool is_told_ = false;
};

}  // namespace

Files collect_files(const std::vector<std::string>& paths) {
  Files files;
  for (const std::string& path : paths) {
    std::error_code error;
    fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
      files.problems.push_back({path, "there is no such file or folder"});
    } else if (fs::is_directory(status)) {
      Folder(files, path);
    } else {
      add_file(files, path);
    }
  }
  std::ranges::sort(files.paths);
  std::unordered_set<std::string> known;
  std::erase_if(files.paths, [&](const std::string& path) { return !known.insert(place_of(path)).second; });
  return files;
}

}  // namespace catlog::commandhandler::importing
