#pragma once
#include <libtorrent/fwd.hpp>

#include "bin/torrent/engine/seen.h"

namespace catlog::torrent {

// libtorrent's settings, by what the operator said; README.md has the review of all of them.
void set_up(lt::settings_pack& pack, const EngineOptions& options);
// Limits hold for peers of the local network too, which libtorrent leaves out otherwise.
void hold_all_to_limits(lt::session& session);

}  // namespace catlog::torrent
