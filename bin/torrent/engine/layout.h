#pragma once
#include <libtorrent/fwd.hpp>

#include <optional>
#include <string>

#include "bin/torrent/engine/seen.h"

namespace catlog::torrent {

// A torrent may have no longer paths than these, nor deeper ones; its pieces are held in memory while they are hashed.
constexpr int max_path_bytes = 1'000, max_name_bytes = 240, max_depth = 16, max_piece_bytes = 64 << 20;

// Why this torrent's files are not written, in a sentence; nothing: they may be. Looks at the names as libtorrent would
// write them, which has taken out what leads upwards and what no file system takes.
std::optional<std::string> layout_fault(const lt::torrent_info& torrent, const EngineOptions& options);

}  // namespace catlog::torrent
