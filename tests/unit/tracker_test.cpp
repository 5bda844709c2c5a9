#include <boost/test/unit_test.hpp>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include "tests/support/temporary_directory.h"
#include "tests/support/torrents/torrents.h"
#include "tests/support/torrents/tracker.h"

BOOST_AUTO_TEST_SUITE(tracker_test)

using namespace catlog::tests;

namespace {

lt::settings_pack quiet() {
  lt::settings_pack pack;
  pack.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
  for (const int off : {lt::settings_pack::enable_dht, lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp,
                        lt::settings_pack::enable_natpmp})
    pack.set_bool(off, false);
  pack.set_bool(lt::settings_pack::allow_multiple_connections_per_ip, true);
  return pack;
}

lt::torrent_handle add(lt::session& session, const Torrent& torrent, const std::filesystem::path& folder,
                       const std::string& tracker) {
  lt::add_torrent_params params;
  params.ti = std::make_shared<lt::torrent_info>(torrent.bytes.data(), static_cast<int>(torrent.bytes.size()));
  params.save_path = folder.string();
  params.trackers = {tracker};
  return session.add_torrent(std::move(params));
}

// Two sessions of libtorrent's that know nothing of each other but this tracker.
void meet_by(const Tracker& tracker, const std::string& url) {
  const TemporaryDirectory folder;
  const Torrent torrent = make_torrent({.files = {{"a.mkv", 100'000}}}, folder / "seed");
  lt::session seed(quiet()), other(quiet());
  add(seed, torrent, folder / "seed", url);
  BOOST_TEST(comes_true([&] { return tracker.announced(torrent.hash).seeds == 1; }));
  std::filesystem::create_directory(folder / "other");
  const auto handle = add(other, torrent, folder / "other", url);
  BOOST_TEST(comes_true([&] { return handle.status().is_seeding; }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(peers_find_each_other_by_it_over_http) {
  const Tracker tracker;
  meet_by(tracker, tracker.http());
  BOOST_TEST(tracker.counts().http_announces >= 2u);
}

BOOST_AUTO_TEST_CASE(peers_find_each_other_by_it_over_udp) {
  const Tracker tracker;
  meet_by(tracker, tracker.udp());
  BOOST_TEST(tracker.counts().announces >= 2u);
}

BOOST_AUTO_TEST_SUITE_END()
