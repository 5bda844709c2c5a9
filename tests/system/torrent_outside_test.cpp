#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/support/torrents/house.h"
#include "tests/support/torrents/outside.h"

BOOST_AUTO_TEST_SUITE(torrent_outside_test)

// What the bridge sends to other machines, seen on the interface that would carry it.
using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr const char *tracker = "9.9.9.9", *server = "9.9.9.10";

// What a link and a .torrent can name for the bridge to turn to.
Torrent tempting(const House& house, uint64_t seed) {
  Torrent torrent = make_torrent({.seed = seed, .name = "film"}, house.seeds.path());
  torrent.magnet += fmt::format(
      "&tr=udp://{0}:6969/announce&tr=http://{0}:80/announce&ws=http://{1}/film&x.pe={1}:6881", tracker, server);
  return torrent;
}

bool is_among(const std::vector<std::string>& packets, const char* address) {
  return std::find(packets.begin(), packets.end(), address) != packets.end();
}

void send_datagram(const char* to) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(6969);
  ::inet_pton(AF_INET, to, &address.sin_addr);
  ::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(fd);
}

}  // namespace

BOOST_AUTO_TEST_CASE(on_the_loopback_interface_nothing_leaves_and_with_an_address_outside_it_would_be_seen) {
  const auto outside = Outside::enter();
  if (!outside) return;
  send_datagram(tracker);
  BOOST_TEST_REQUIRE(comes_true([&] { return is_among(outside->packets(), tracker); }));

  House house(CATLOG_BIN);
  const Torrent torrent = tempting(house, 1);
  Peer seeder(torrent, house.seeds.path());
  house.want(torrent);
  house.start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(house.becomes(torrent, "completed", {&seeder}), house.bridge->err());
  BOOST_TEST(house.bridge->terminate() == 0);
  auto packets = outside->packets();
  BOOST_TEST(packets.empty(), fmt::format("packets to {}", fmt::join(packets, ", ")));

  house.listen = "0.0.0.0:0";
  house.want(tempting(house, 2));
  house.start({"--seed-percent", "0"});
  BOOST_TEST(comes_true([&] { return is_among(outside->packets(), tracker); }), house.bridge->err());
}

BOOST_AUTO_TEST_SUITE_END()
