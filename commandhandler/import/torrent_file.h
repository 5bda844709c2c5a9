#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::commandhandler::importing {

// What a .torrent file says.
struct TorrentFile {
  struct File {
    std::string path;
    int64_t size = 0;
  };
  std::string v1, v2;  // info hashes in lower-case hex; one may be empty
  std::string name;
  int64_t size = 0;         // of all its files
  std::vector<File> files;  // without padding
  std::vector<std::string> trackers;
  bool is_private = false;

  // The hash that names it: v1, if there is one.
  const std::string& hash() const { return v1.empty() ? v2 : v1; }
  // A link of the same torrent, with its trackers; of a private one without, for their addresses are secrets of whoever
  // got the file.
  std::string magnet() const;
};

constexpr size_t max_torrent_file_bytes = size_t{8} << 20;

// Reads such a file, whoever made it. Else a sentence on why it is not taken: it is none, is over one of the limits
// (README.md, "Limits"), or holds a path that does not lead downwards, or a symbolic link.
std::expected<TorrentFile, std::string> read_torrent_file(std::string_view bytes);

}  // namespace catlog::commandhandler::importing
