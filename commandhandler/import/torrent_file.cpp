#include "commandhandler/import/torrent_file.h"

#include <algorithm>
#include <exception>
#include <optional>

#include <fmt/format.h>
#include <libtorrent/torrent_info.hpp>

#include "commandhandler/import/magnet_link.h"
#include "events/digest.h"
#include "events/text/printable.h"

namespace catlog::commandhandler::importing {
namespace {

constexpr int most_files = 5'000;
constexpr int64_t most_levels = 16;
constexpr size_t most_path_bytes = 1'000;

template <class Hash>
std::string hex_of_hash(const Hash& hash) {
  return events::hex({reinterpret_cast<const uint8_t*>(hash.data()), static_cast<size_t>(hash.size())});
}

lt::load_torrent_limits torrent_limits() {
  lt::load_torrent_limits most;
  most.max_buffer_size = static_cast<int>(max_torrent_file_bytes);
  most.max_decode_depth = 2 * static_cast<int>(most_levels);  // a v2 file is a dictionary in its folder's
  return most;
}

std::optional<std::string> path_fault(const std::string& path, lt::file_flags_t flags) {
  if (flags & lt::file_storage::flag_symlink) return "holds a symbolic link";
  if (path.size() > most_path_bytes)
    return fmt::format("holds a path of {} bytes; at most {} are taken", path.size(), most_path_bytes);
  if (std::ranges::count(path, '/') >= most_levels) return fmt::format("holds folders more than {} deep", most_levels);
  if (path.starts_with('/') || ("/" + path + "/").find("/../") != std::string::npos)
    return "holds a path that does not lead downwards";
  return {};
}

std::expected<TorrentFile, std::string> taken_from(const lt::torrent_info& torrent) {
  TorrentFile taken;
  const auto hashes = torrent.info_hashes();
  if (hashes.has_v1()) taken.v1 = hex_of_hash(hashes.v1);
  if (hashes.has_v2()) taken.v2 = hex_of_hash(hashes.v2);
  taken.name = torrent.name();
  taken.is_private = torrent.priv();
  const auto& files = torrent.files();
  if (files.num_files() > most_files)
    return std::unexpected(fmt::format("holds {} files; at most {} are taken", files.num_files(), most_files));
  for (const auto index : files.file_range()) {
    const auto flags = files.file_flags(index);
    if (flags & lt::file_storage::flag_pad_file) continue;
    TorrentFile::File file{files.file_path(index), files.file_size(index)};
    if (const auto fault = path_fault(file.path, flags)) return std::unexpected(*fault);
    taken.size += file.size;
    taken.files.push_back(std::move(file));
  }
  for (const auto& tracker : torrent.trackers())
    if (is_tracker(tracker.url)) taken.trackers.push_back(tracker.url);
  return taken;
}

}  // namespace

std::string TorrentFile::magnet() const {
  std::string link = "magnet:?xt=";
  if (!v1.empty()) link.append("urn:btih:").append(v1);
  if (!v1.empty() && !v2.empty()) link.append("&xt=");
  if (!v2.empty()) link.append("urn:btmh:1220").append(v2);
  link.append("&dn=").append(percent_encoded(name));
  return is_private ? link : with_trackers(link, trackers);
}

std::expected<TorrentFile, std::string> read_torrent_file(std::string_view bytes) try {
  if (bytes.size() > max_torrent_file_bytes)
    return std::unexpected(fmt::format("has {} bytes; at most {} are taken", bytes.size(), max_torrent_file_bytes));
  const lt::torrent_info torrent(lt::span<const char>(bytes.data(), static_cast<std::ptrdiff_t>(bytes.size())),
                                 torrent_limits(), lt::from_span);
  return taken_from(torrent);
} catch (const std::exception& error) {
  return std::unexpected(fmt::format("is no torrent file that can be taken: {}", events::printable(error.what())));
}

}  // namespace catlog::commandhandler::importing
