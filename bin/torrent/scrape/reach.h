#pragma once
#include <sys/socket.h>

#include <cstdint>

#include "bin/torrent/scrape/tracker_url.h"

namespace catlog::scrape {

// Whom scrapes may reach. A magnet link is a stranger's, and names any host: what it makes this process ask must do no
// harm inside the network that this machine stands in. README.md, "Scrapes", says the rule.
enum class Reach { loopback, outside };

// Before its name is looked up: an address, or a name that may be.
bool may_ask(const TrackerUrl& url, Reach reach);
// After that, of the very address that is then connected to.
bool may_connect(const sockaddr_storage& address, Reach reach);

// An IPv4 or IPv6 address as text with a port; "localhost" is 127.0.0.1. False: it is a name.
bool read_address(const TrackerUrl& url, sockaddr_storage& address);
void set_port(sockaddr_storage& address, uint16_t port);
socklen_t size_of(const sockaddr_storage& address);
inline const sockaddr* plain(const sockaddr_storage& address) { return reinterpret_cast<const sockaddr*>(&address); }

}  // namespace catlog::scrape
