#include "bin/torrent/engine/layout.h"

#include <libtorrent/file_storage.hpp>
#include <libtorrent/torrent_info.hpp>

#include <set>
#include <string_view>

#include <fmt/format.h>

#include "events/text/printable.h"

namespace catlog::torrent {

namespace {

std::optional<std::string> name_fault(std::string_view path) {
  if (path.size() > max_path_bytes)
    return fmt::format("a path of {} bytes; at most {} are taken", path.size(), max_path_bytes);
  if (path.empty() || path.front() == '/') return "a path that is empty or absolute";
  if (events::printable(path) != path) return "a name with characters that drive a terminal or hide others";
  int depth = 0;
  for (size_t at = 0; at <= path.size();) {
    const auto name = path.substr(at, path.find('/', at) - at);
    if (name.empty() || name == "." || name == "..") return "a path that does not lead downwards";
    if (name.size() > max_name_bytes)
      return fmt::format("a name of {} bytes; at most {} are taken", name.size(), max_name_bytes);
    if (++depth > max_depth) return fmt::format("folders {} deep; at most {} are taken", depth, max_depth);
    at += name.size() + 1;
  }
  return {};
}

// No path is one of a folder too, and none comes twice.
class Paths {
 public:
  bool take(const std::string& path) {
    if (folders_.contains(path) || !files_.insert(path).second) return false;
    for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      const auto folder = path.substr(0, at);
      if (files_.contains(folder)) return false;
      folders_.insert(folder);
    }
    return true;
  }

 private:
  std::set<std::string> files_, folders_;
};

}  // namespace

std::optional<std::string> layout_fault(const lt::torrent_info& torrent, const EngineOptions& options) {
  const auto& files = torrent.files();
  if (torrent.total_size() <= 0) return "the torrent has no bytes";
  if (static_cast<uint64_t>(torrent.total_size()) > options.max_torrent_bytes)
    return fmt::format("the torrent has {} bytes; at most {} are taken (max-torrent-bytes)", torrent.total_size(),
                       options.max_torrent_bytes);
  if (static_cast<uint64_t>(files.num_files()) > options.max_files)
    return fmt::format("the torrent has {} files; at most {} are taken (max-files)", files.num_files(),
                       options.max_files);
  if (torrent.piece_length() > max_piece_bytes)
    return fmt::format("pieces of {} bytes; at most {} are taken", torrent.piece_length(), max_piece_bytes);
  Paths paths;
  for (const auto file : files.file_range()) {
    if (files.file_flags(file) & lt::file_storage::flag_symlink) return "the torrent wants a symbolic link made";
    if (files.pad_file_at(file)) continue;
    if (files.file_absolute_path(file)) return "a path that is empty or absolute";
    const std::string path = files.file_path(file);
    if (auto fault = name_fault(path)) return "the torrent has " + *fault;
    if (!paths.take(path)) return "the torrent has a path twice, or one that is a file and a folder";
  }
  return {};
}

}  // namespace catlog::torrent
