#include "tests/support/torrents/torrents.h"

#include <libtorrent/create_torrent.hpp>
#include <libtorrent/hex.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_flags.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "events/digest.h"

namespace catlog::tests {

namespace fs = std::filesystem;

namespace {

template <class Hash>
std::string hex_of(const Hash& hash) {
  return lt::aux::to_hex({hash.data(), static_cast<std::ptrdiff_t>(hash.size())});
}

void write_random(const fs::path& file, uint64_t bytes, uint64_t seed) {
  fs::create_directories(file.parent_path());
  std::mt19937_64 generator(seed);
  std::vector<uint64_t> words(1 << 13);
  std::ofstream out(file, std::ios::binary);
  for (uint64_t left = bytes; left > 0;) {
    for (auto& word : words) word = generator();
    const uint64_t part = std::min<uint64_t>(left, words.size() * sizeof words[0]);
    out.write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(part));
    left -= part;
  }
}

lt::create_flags_t flags_of(Version version) {
  return version == Version::v1   ? lt::create_torrent::v1_only
         : version == Version::v2 ? lt::create_torrent::v2_only
                                  : lt::create_flags_t{};
}

void add_metadata(Torrent& torrent, lt::create_torrent& made, const fs::path& folder) {
  lt::set_piece_hashes(made, folder.string());
  std::vector<char> bytes;
  lt::bencode(std::back_inserter(bytes), made.generate());
  torrent.bytes.assign(bytes.begin(), bytes.end());
  const lt::torrent_info info(lt::span<const char>(bytes), lt::from_span);
  const auto hashes = info.info_hashes();
  if (hashes.has_v2()) torrent.v2_hash = hex_of(hashes.v2);
  torrent.hash = hashes.has_v1() ? hex_of(hashes.v1) : torrent.v2_hash;
  torrent.magnet = lt::make_magnet_uri(info);
}

lt::settings_pack quiet_settings(const Peer::Options& options) {
  lt::settings_pack pack;
  pack.set_str(lt::settings_pack::listen_interfaces, options.address + ":0");
  pack.set_str(lt::settings_pack::outgoing_interfaces, options.address);
  for (const int off : {lt::settings_pack::enable_dht, lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp,
                        lt::settings_pack::enable_natpmp})
    pack.set_bool(off, false);
  pack.set_bool(lt::settings_pack::allow_multiple_connections_per_ip, true);
  // A bridge that was away, or has stopped a transfer for a while, is looked for again at once.
  pack.set_int(lt::settings_pack::min_reconnect_time, 0);
  pack.set_int(lt::settings_pack::max_failcount, 100'000);
  // Over TCP: uTP slows down wherever a busy machine is late.
  pack.set_bool(lt::settings_pack::enable_outgoing_utp, false);
  pack.set_bool(lt::settings_pack::enable_incoming_utp, false);
  // Whoever asks is given to at once, however many are.
  pack.set_int(lt::settings_pack::unchoke_slots_limit, -1);
  // As a slow line is slow: the rate is dealt out at each tick, and half a second, the usual one, is long for a
  // greeting.
  pack.set_int(lt::settings_pack::tick_interval, 20);
  pack.set_int(lt::settings_pack::upload_rate_limit, static_cast<int>(options.upload_rate));
  return pack;
}

// No test speaks HTTPS: that a session reads all certificates of this machine would be most of what it costs.
lt::settings_pack settings_of(const Peer::Options& options) {
  static const bool once =
      ::setenv("SSL_CERT_FILE", "/dev/null", 1) == 0 && ::setenv("SSL_CERT_DIR", "/dev/null", 1) == 0;
  static_cast<void>(once);
  return quiet_settings(options);
}

}  // namespace

bool comes_true(const std::function<bool()>& holds, std::chrono::milliseconds longest) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

Torrent make_torrent(const TorrentPlan& plan, const fs::path& folder) {
  Torrent torrent;
  lt::file_storage files;
  uint64_t seed = plan.seed;
  for (const auto& file : plan.files) {
    const fs::path path = plan.files.size() == 1 ? fs::path(file.path) : fs::path(plan.name) / file.path;
    write_random(folder / path, file.bytes, seed++);
    files.add_file(path.string(), static_cast<int64_t>(file.bytes));
    torrent.paths.push_back(path);
    torrent.size += file.bytes;
  }
  lt::create_torrent made(files, plan.piece_bytes, flags_of(plan.version));
  made.set_priv(plan.privacy == Privacy::closed);
  add_metadata(torrent, made, folder);
  return torrent;
}

Torrent torrent_of(const fs::path& file, int piece_bytes) {
  Torrent torrent;
  torrent.paths = {file.filename()};
  torrent.size = fs::file_size(file);
  lt::file_storage files;
  files.add_file(file.filename().string(), static_cast<int64_t>(torrent.size));
  lt::create_torrent made(files, piece_bytes, flags_of(Version::v1));
  add_metadata(torrent, made, file.parent_path());
  return torrent;
}

std::string sha256_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return {};
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  return events::hex(events::sha256(bytes));
}

struct Peer::State {
  lt::session session;
  std::vector<lt::torrent_handle> handles;
};

Peer::Peer(const Torrent& torrent, const fs::path& folder) : Peer(torrent, folder, Options{}) {}

Peer::Peer(const Torrent& torrent, const fs::path& folder, const Options& options)
    : Peer(std::vector{torrent}, folder, options) {}

Peer::Peer(const std::vector<Torrent>& torrents, const fs::path& folder, const Options& options)
    : state_(new State{lt::session(settings_of(options)), {}}) {
  // Peers of the local network have no limit otherwise.
  lt::ip_filter classes;
  classes.add_rule(lt::make_address("0.0.0.0"), lt::make_address("255.255.255.255"),
                   1U << static_cast<uint32_t>(lt::session::global_peer_class_id));
  state_->session.set_peer_class_filter(classes);
  for (const auto& torrent : torrents) {
    lt::add_torrent_params params;
    params.ti = std::make_shared<lt::torrent_info>(
        lt::span<const char>(torrent.bytes.data(), static_cast<std::ptrdiff_t>(torrent.bytes.size())), lt::from_span);
    if (!options.tracker.empty()) params.trackers.push_back(options.tracker);
    params.save_path = folder.string();
    params.flags &= ~(lt::torrent_flags::paused | lt::torrent_flags::auto_managed);
    state_->handles.push_back(state_->session.add_torrent(std::move(params)));
  }
  const bool is_ready = comes_true([&] {
    return std::all_of(state_->handles.begin(), state_->handles.end(), [](const auto& handle) {
      const auto state = handle.status().state;
      return state != lt::torrent_status::checking_files && state != lt::torrent_status::checking_resume_data;
    });
  });
  if (!is_ready) throw std::runtime_error("a peer does not get ready");
}

Peer::~Peer() = default;

uint16_t Peer::port() const { return state_->session.listen_port(); }

bool Peer::is_whole() const {
  return std::all_of(state_->handles.begin(), state_->handles.end(),
                     [](const auto& handle) { return handle.status().is_seeding; });
}

void Peer::meet(uint16_t port) {
  for (auto& handle : state_->handles) handle.connect_peer({lt::make_address("127.0.0.1"), port});
}

uint64_t Peer::given_bytes() const {
  uint64_t bytes = 0;
  for (const auto& handle : state_->handles) bytes += static_cast<uint64_t>(handle.status().all_time_upload);
  return bytes;
}

}  // namespace catlog::tests
