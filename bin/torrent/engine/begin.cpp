#include <libtorrent/hex.hpp>
#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/read_resume_data.hpp>

#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "bin/torrent/engine/layout.h"
#include "bin/torrent/engine/session.h"

namespace catlog::torrent {

namespace {

constexpr uint64_t max_resume_bytes = 64 << 20, max_given_bytes = 8 << 20;

template <class Hash>
std::string hex_of(const Hash& hash) {
  return lt::aux::to_hex({hash.data(), static_cast<std::ptrdiff_t>(hash.size())});
}

// Whether these are of the torrent that the hash names, by either version.
bool is_named(const lt::info_hash_t& hashes, const std::string& hash) {
  return (hashes.has_v1() && hex_of(hashes.v1) == hash) || (hashes.has_v2() && hex_of(hashes.v2) == hash);
}

// The metadata that was given with the source, as private torrents need it; nothing: none was.
std::expected<std::shared_ptr<lt::torrent_info>, Fault> given_metadata(const std::string& hash,
                                                                       const EngineOptions& options) {
  if (options.torrents.empty()) return nullptr;
  const auto bytes = read_whole(options.torrents / (hash + ".torrent"), max_given_bytes);
  if (!bytes) return nullptr;
  lt::error_code fault;
  const lt::span<const char> span(bytes->data(), static_cast<std::ptrdiff_t>(bytes->size()));
  auto torrent = std::make_shared<lt::torrent_info>(span, fault, lt::from_span);
  if (fault)
    return std::unexpected(Fault{FaultKind::layout, "the .torrent that was given cannot be read: " + fault.message()});
  if (!is_named(torrent->info_hashes(), hash))
    return std::unexpected(Fault{FaultKind::layout, "the .torrent that was given is of another torrent"});
  return torrent;
}

std::expected<lt::add_torrent_params, Fault> linked_params(const std::string& magnet, const std::string& hash) {
  lt::error_code fault;
  auto params = lt::parse_magnet_uri(magnet, fault);
  if (fault || !is_named(params.info_hashes, hash))
    return std::unexpected(Fault{FaultKind::link, "the source's magnet link does not name this torrent"});
  return params;
}

// Before anything is there: what a player reads first, wherever it begins, then the torrent from its beginning on.
void set_order(lt::add_torrent_params& params) {
  params.flags |= lt::torrent_flags::sequential_download;
  const auto& torrent = *params.ti;
  params.piece_priorities.assign(static_cast<size_t>(torrent.num_pieces()), lt::default_priority);
  for (const int piece : edges_of(place_of(torrent, main_file_of(torrent))))
    params.piece_priorities[static_cast<size_t>(piece)] = lt::top_priority;
}

bool is_left_as_saved(const Home& home, const std::optional<std::string>& whole) {
  std::error_code fault;
  return whole ? *whole == look_of(home) : !std::filesystem::exists(home.open(), fault) && !fault;
}

}  // namespace

std::optional<lt::add_torrent_params> saved_params(const Home& home, const std::string& hash) {
  const auto bytes = read_whole(home.resume(), max_resume_bytes);
  if (!bytes) return {};
  lt::error_code fault;
  auto params = lt::read_resume_data(*bytes, fault);
  if (fault || !is_named(params.ti ? params.ti->info_hashes() : params.info_hashes, hash)) return {};
  return params;
}

bool is_left_as_saved(const Home& home) { return is_left_as_saved(home, read_whole(home.whole(), max_resume_bytes)); }

void set_rules(lt::add_torrent_params& params, const Home& home) {
  params.save_path = home.files().string();
  params.url_seeds.clear();  // any server would be a source of bytes
  params.file_priorities.clear();
  params.piece_priorities.clear();
  params.flags = lt::torrent_flags::apply_ip_filter | lt::torrent_flags::duplicate_is_error |
                 lt::torrent_flags::override_web_seeds;
  // Nothing is written before the metadata was looked at.
  if (!params.ti) params.flags |= lt::torrent_flags::default_dont_download;
  if (params.ti) set_order(params);
}

std::expected<Begun, Fault> begin_transfer(const Home& home, const std::string& hash, const std::string& magnet,
                                           Trust trust, const EngineOptions& options) {
  if (auto fault = make_home(home)) return std::unexpected(Fault{FaultKind::unsafe, *fault});
  if (auto fault = foreign_in(home)) return std::unexpected(Fault{FaultKind::unsafe, *fault});
  const auto whole = read_whole(home.whole(), max_resume_bytes);
  const bool is_trusted = trust == Trust::saved && is_left_as_saved(home, whole);
  Begun begun;
  begun.is_whole_kept = is_trusted && whole;
  if (auto saved = saved_params(home, hash)) {
    begun.params = std::move(*saved);
    if (!is_trusted) {
      begun.params.have_pieces.clear();
      begun.params.verified_pieces.clear();
      begun.params.unfinished_pieces.clear();
    }
  } else {
    auto linked = linked_params(magnet, hash);
    if (!linked) return std::unexpected(linked.error());
    begun.params = std::move(*linked);
    auto given = given_metadata(hash, options);
    if (!given) return std::unexpected(given.error());
    begun.params.ti = std::move(*given);
    // A link would make any address a peer.
    begun.params.peers.clear();
    begun.params.dht_nodes.clear();
  }
  auto& params = begun.params;
  if (params.ti)
    if (auto fault = layout_fault(*params.ti, options)) return std::unexpected(Fault{FaultKind::layout, *fault});
  set_rules(params, home);
  std::error_code fault;
  if (!is_trusted) std::filesystem::remove(home.whole(), fault);
  if (fault)
    return std::unexpected(
        Fault{FaultKind::disk, fmt::format("{} cannot be removed: {}", home.whole().string(), fault.message())});
  write_whole(home.open(), "");
  return begun;
}

}  // namespace catlog::torrent
