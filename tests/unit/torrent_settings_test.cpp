#include <boost/test/unit_test.hpp>

#include <libtorrent/settings_pack.hpp>

#include <string>

#include <fmt/format.h>

#include "bin/torrent/engine/settings.h"

BOOST_AUTO_TEST_SUITE(torrent_settings_test)

// What libtorrent is told; bin/torrent/README.md has the review.
using namespace catlog::torrent;
using Pack = lt::settings_pack;

namespace {

// Each setting whose value is not libtorrent's own, a line each, in its order.
std::string told(const EngineOptions& options) {
  Pack pack = lt::default_settings();
  const Pack before = pack;
  set_up(pack, options);
  std::string lines;
  const auto line = [&](int setting, const auto& was, const auto& is) {
    if (was != is) lines += fmt::format("{} {}\n", lt::name_for_setting(setting), is);
  };
  for (int i = 0; i < Pack::num_string_settings; ++i)
    line(Pack::string_type_base + i, before.get_str(Pack::string_type_base + i),
         pack.get_str(Pack::string_type_base + i));
  for (int i = 0; i < Pack::num_int_settings; ++i)
    line(Pack::int_type_base + i, before.get_int(Pack::int_type_base + i), pack.get_int(Pack::int_type_base + i));
  for (int i = 0; i < Pack::num_bool_settings; ++i)
    line(Pack::bool_type_base + i, before.get_bool(Pack::bool_type_base + i), pack.get_bool(Pack::bool_type_base + i));
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_word_of_the_operator_s_no_stranger_is_asked_and_memory_has_limits) {
  BOOST_TEST(told({}) == R"(user_agent catlog-torrent
handshake_client_version catlog-torrent
listen_interfaces 127.0.0.1:6881
dht_bootstrap_nodes 
tracker_maximum_response_length 262144
request_queue_time 1
file_pool_size 64
min_reconnect_time 10
max_queued_disk_bytes 8388608
send_buffer_watermark 524288
active_downloads -1
active_seeds -1
active_dht_limit -1
active_tracker_limit -1
active_lsd_limit -1
active_limit -1
max_peerlist_size 1000
max_paused_peerlist_size 200
tick_interval 100
alert_queue_size 10000
max_metadata_size 8388608
checking_mem_usage 512
aio_threads 4
max_http_recv_buffer_size 1048576
alert_mask 73
max_web_seed_connections 0
max_piece_count 1048576
disk_write_mode 0
mmap_file_size_cutoff 2147483647
allow_multiple_connections_per_ip true
enable_outgoing_utp false
no_connect_privileged_ports true
listen_system_port_fallback false
enable_upnp false
enable_natpmp false
enable_lsd false
enable_dht false
)");
}

BOOST_AUTO_TEST_CASE(each_key_has_its_setting) {
  EngineOptions options;
  options.listen = "0.0.0.0:6881";
  options.is_dht = options.is_lsd = options.is_port_mapping = true;
  options.download_rate = 1'001;
  options.upload_rate = 1'002;
  options.connections = 1'003;
  options.upload_slots = 104;
  const std::string lines = "\n" + told(options);
  for (const char* line : {"listen_interfaces 0.0.0.0:6881", "download_rate_limit 1001", "upload_rate_limit 1002",
                           "connections_limit 1003", "unchoke_slots_limit 104"})
    BOOST_TEST(lines.find(fmt::format("\n{}\n", line)) != std::string::npos, line << " in" << lines);
  // As libtorrent has them.
  for (const char* name : {"enable_upnp", "enable_natpmp", "enable_lsd", "enable_dht", "dht_bootstrap_nodes",
                           "allow_multiple_connections_per_ip"})
    BOOST_TEST(lines.find(fmt::format("\n{}", name)) == std::string::npos, name << " in" << lines);
  // More than fits is as much as fits.
  options.download_rate = uint64_t{1} << 50;
  BOOST_TEST(told(options).find("download_rate_limit 2147483647\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
