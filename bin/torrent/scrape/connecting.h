#pragma once
#include <sys/socket.h>

#include "bin/torrent/scrape/reach.h"
#include "events/descriptor.h"

namespace catlog::scrape {

// A socket that never waits, on its way to this address: what came of it is told by the first call. None: there was no
// descriptor for it.
inline events::Descriptor connecting(const sockaddr_storage& address, int type) {
  events::Descriptor begun(::socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (begun.get() >= 0) ::connect(begun.get(), plain(address), size_of(address));
  return begun;
}

}  // namespace catlog::scrape
