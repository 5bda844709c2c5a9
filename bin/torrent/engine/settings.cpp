#include "bin/torrent/engine/settings.h"

#include <libtorrent/address.hpp>
#include <libtorrent/alert.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/settings_pack.hpp>

#include <algorithm>
#include <climits>
#include <string_view>

namespace catlog::torrent {

namespace {

using Pack = lt::settings_pack;

int at_most_int(uint64_t value) { return static_cast<int>(std::min<uint64_t>(value, INT_MAX)); }

void set_strangers(Pack& pack, const EngineOptions& options) {
  pack.set_str(Pack::listen_interfaces, options.listen);
  pack.set_bool(Pack::listen_system_port_fallback, false);
  pack.set_bool(Pack::enable_dht, options.is_dht);
  pack.set_bool(Pack::enable_lsd, options.is_lsd);
  pack.set_bool(Pack::enable_upnp, options.is_port_mapping);
  pack.set_bool(Pack::enable_natpmp, options.is_port_mapping);
  if (!options.is_dht) pack.set_str(Pack::dht_bootstrap_nodes, "");
  // On one machine everybody has the same address.
  pack.set_bool(Pack::allow_multiple_connections_per_ip, is_loopback_only(options.listen));
  pack.set_str(Pack::user_agent, "catlog-torrent");
  pack.set_str(Pack::handshake_client_version, "catlog-torrent");
  pack.set_bool(Pack::no_connect_privileged_ports, true);
  pack.set_bool(Pack::allow_i2p_mixed, false);
  pack.set_int(Pack::min_reconnect_time, 10);  // seconds
  // libtorrent tries uTP first, and for seconds where a peer's UDP is closed: a player waits. Who comes
  // by uTP is let in.
  pack.set_bool(Pack::enable_outgoing_utp, false);
  // Seconds. What was asked for comes before what a player that jumps asks for.
  pack.set_int(Pack::request_queue_time, 1);
  pack.set_int(Pack::tick_interval, 100);  // milliseconds: peers are connected to, and rates dealt out, at each
  pack.set_int(Pack::max_web_seed_connections, 0);
  pack.set_int(Pack::alert_mask, lt::alert_category::error | lt::alert_category::status | lt::alert_category::storage);
}

void set_limits(Pack& pack, const EngineOptions& options) {
  pack.set_int(Pack::download_rate_limit, at_most_int(options.download_rate));
  pack.set_int(Pack::upload_rate_limit, at_most_int(options.upload_rate));
  pack.set_int(Pack::connections_limit, at_most_int(options.connections));
  pack.set_int(Pack::unchoke_slots_limit, at_most_int(options.upload_slots));
  pack.set_int(Pack::max_peerlist_size, 1'000);
  pack.set_int(Pack::max_paused_peerlist_size, 200);
  pack.set_int(Pack::max_metadata_size, 8 << 20);
  pack.set_int(Pack::max_piece_count, 1 << 20);
  pack.set_int(Pack::max_http_recv_buffer_size, 1 << 20);
  pack.set_int(Pack::tracker_maximum_response_length, 256 << 10);
  pack.set_int(Pack::alert_queue_size, 10'000);
  // What one peer may have of the process's memory, and all of them together.
  pack.set_int(Pack::max_queued_disk_bytes, 8 << 20);
  pack.set_int(Pack::send_buffer_watermark, 512 << 10);
  pack.set_int(Pack::checking_mem_usage, 512);  // blocks of 16 KiB
  pack.set_int(Pack::file_pool_size, 64);
}

// The bridge has a queue of its own: libtorrent neither starts nor stops any.
void set_queue(Pack& pack) {
  for (const int limit : {Pack::active_downloads, Pack::active_seeds, Pack::active_limit, Pack::active_tracker_limit,
                          Pack::active_dht_limit, Pack::active_lsd_limit})
    pack.set_int(limit, -1);
  pack.set_int(Pack::active_checking, 1);
}

// Written by pwrite and never mapped: a full disk is an error of a write then, and a file that somebody cut off is one
// of a read, not a signal.
void set_disk(Pack& pack) {
  pack.set_int(Pack::disk_write_mode, Pack::always_pwrite);
  pack.set_int(Pack::mmap_file_size_cutoff, INT_MAX);
  pack.set_int(Pack::aio_threads, 4);
  pack.set_int(Pack::hashing_threads, 1);
  pack.set_bool(Pack::disable_hash_checks, false);
  pack.set_bool(Pack::enable_set_file_valid_data, false);
}

}  // namespace

bool is_loopback_only(std::string_view listen) {
  while (!listen.empty()) {
    const auto one = listen.substr(0, listen.find(','));
    if (!one.starts_with("127.") && !one.starts_with("[::1]") && !one.starts_with("lo:")) return false;
    listen.remove_prefix(std::min(listen.size(), one.size() + 1));
  }
  return true;
}

void hold_all_to_limits(lt::session& session) {
  const auto everybody = 1U << static_cast<uint32_t>(lt::session::global_peer_class_id);
  lt::ip_filter classes;
  classes.add_rule(lt::make_address("0.0.0.0"), lt::make_address("255.255.255.255"), everybody);
  classes.add_rule(lt::make_address("::"), lt::make_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), everybody);
  session.set_peer_class_filter(classes);
}

void set_up(lt::settings_pack& pack, const EngineOptions& options) {
  set_strangers(pack, options);
  set_limits(pack, options);
  set_queue(pack);
  set_disk(pack);
}

}  // namespace catlog::torrent
