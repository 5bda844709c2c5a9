#include "bin/torrent/scrape/reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace catlog::scrape {

namespace {

struct Block {
  uint32_t address;
  int bits;
};
// What is not of the public network (IANA's registry of special addresses), loopback apart.
constexpr Block special[] = {{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0xa9fe0000, 16}, {0xac100000, 12},
                             {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
                             {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3}};  // multicast, reserved, broadcast

bool is_loopback(uint32_t v4) { return v4 >> 24 == 127; }

bool is_public(uint32_t v4) {
  if (is_loopback(v4)) return false;
  for (const Block& block : special)
    if ((v4 ^ block.address) >> (32 - block.bits) == 0) return false;
  return true;
}

// Global unicast 2000::/3, without what wraps IPv4 or is for documentation: 2001::/23, 2001:db8::/32, 2002::/16.
bool is_public(const in6_addr& v6) {
  const auto* bytes = v6.s6_addr;
  if (bytes[0] >> 5 != 1) return false;
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return false;
  return !(bytes[0] == 0x20 && bytes[1] == 0x01 && ((bytes[2] >> 1) == 0 || (bytes[2] == 0x0d && bytes[3] == 0xb8)));
}

const sockaddr_in& v4_of(const sockaddr_storage& address) { return reinterpret_cast<const sockaddr_in&>(address); }
const sockaddr_in6& v6_of(const sockaddr_storage& address) { return reinterpret_cast<const sockaddr_in6&>(address); }

}  // namespace

bool may_ask(const TrackerUrl& url, Reach reach) {
  sockaddr_storage address{};
  if (reach == Reach::outside) {
    // Services of other kinds are below 1024; two of these ports are the web's.
    const bool is_port = url.port >= 1'024 || url.port == 80 || url.port == 443;
    return is_port && (!read_address(url, address) || may_connect(address, reach));
  }
  // Whoever listens on this machine is asked what no service does anything for.
  const bool is_harmless = url.kind == TrackerUrl::Kind::udp || url.path == "/scrape";
  return is_harmless && read_address(url, address) && may_connect(address, reach);
}

bool may_connect(const sockaddr_storage& address, Reach reach) {
  if (address.ss_family == AF_INET) {
    const uint32_t v4 = ntohl(v4_of(address).sin_addr.s_addr);
    return reach == Reach::loopback ? is_loopback(v4) : is_public(v4);
  }
  if (address.ss_family != AF_INET6) return false;
  const in6_addr& v6 = v6_of(address).sin6_addr;
  return reach == Reach::loopback ? IN6_IS_ADDR_LOOPBACK(&v6) != 0 : is_public(v6);
}

bool read_address(const TrackerUrl& url, sockaddr_storage& address) {
  address = {};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_pton(AF_INET, url.host == "localhost" ? "127.0.0.1" : url.host.c_str(), &v4.sin_addr) == 1) {
    address.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, url.host.c_str(), &v6.sin6_addr) == 1) {
    address.ss_family = AF_INET6;
  } else {
    return false;
  }
  set_port(address, url.port);
  return true;
}

void set_port(sockaddr_storage& address, uint16_t port) {
  if (address.ss_family == AF_INET)
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  else
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
}

socklen_t size_of(const sockaddr_storage& address) {
  return address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

}  // namespace catlog::scrape
