#include "tests/support/torrents/outside.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace catlog::tests {

namespace {

constexpr const char *outside_name = "outside", *own_address = "198.51.100.1";  // an address for documents (RFC 5737)

void set_address(sockaddr& out, const char* text) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  ::inet_pton(AF_INET, text, &in.sin_addr);
  std::memcpy(&out, &in, sizeof in);
}

ifreq request(const char* interface) {
  ifreq asked{};
  std::strncpy(asked.ifr_name, interface, IFNAMSIZ - 1);
  return asked;
}

bool bring_up(int by, const char* interface) {
  ifreq asked = request(interface);
  if (::ioctl(by, SIOCGIFFLAGS, &asked) != 0) return false;
  asked.ifr_flags = static_cast<short>(asked.ifr_flags | IFF_UP | IFF_RUNNING);
  return ::ioctl(by, SIOCSIFFLAGS, &asked) == 0;
}

bool set_default_route(int by) {
  rtentry route{};
  for (sockaddr* all : {&route.rt_dst, &route.rt_genmask}) set_address(*all, "0.0.0.0");
  std::string device = outside_name;
  route.rt_dev = device.data();
  route.rt_flags = RTF_UP;
  return ::ioctl(by, SIOCADDRT, &route) == 0;
}

// An interface whose packets are read from what is returned; -1 with errno.
int make_interface() {
  const int interface = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  const int by = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq tun = request(outside_name), its_address = request(outside_name);
  tun.ifr_flags = IFF_TUN | IFF_NO_PI;
  set_address(its_address.ifr_addr, own_address);
  const bool is_made = interface >= 0 && ::ioctl(interface, TUNSETIFF, &tun) == 0 && bring_up(by, "lo") &&
                       ::ioctl(by, SIOCSIFADDR, &its_address) == 0 && bring_up(by, outside_name) &&
                       set_default_route(by);
  const int fault = errno;
  ::close(by);
  if (is_made) return interface;
  ::close(interface);
  errno = fault;
  return -1;
}

}  // namespace

std::unique_ptr<Outside> Outside::enter() {
  const int before = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  int interface = -1;
  if (::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) interface = make_interface();
  if (interface >= 0) return std::unique_ptr<Outside>(new Outside(before, interface));
  BOOST_TEST_MESSAGE("not tried: no network of its own with an interface can be had here: " << std::strerror(errno));
  ::setns(before, CLONE_NEWNET);
  ::close(before);
  return nullptr;
}

Outside::~Outside() {
  ::close(interface_);
  ::setns(before_, CLONE_NEWNET);
  ::close(before_);
}

std::vector<std::string> Outside::packets() {
  std::vector<std::string> all;
  std::array<uint8_t, 65'536> packet{};
  for (ssize_t bytes; (bytes = ::read(interface_, packet.data(), packet.size())) > 0;) {
    char text[INET6_ADDRSTRLEN] = {};
    const bool is_v6 = packet[0] >> 4 == 6;
    if (is_v6 && (packet[6] == IPPROTO_ICMPV6 || packet[6] == IPPROTO_HOPOPTS)) continue;
    ::inet_ntop(is_v6 ? AF_INET6 : AF_INET, packet.data() + (is_v6 ? 24 : 16), text, sizeof text);
    all.emplace_back(text);
  }
  return all;
}

}  // namespace catlog::tests
