#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

// What the engine is told, and what it says of transfers.
namespace catlog::torrent {

// What libtorrent is told by the operator; engine/settings.cpp has the rest.
struct EngineOptions {
  std::filesystem::path torrents;         // where a .torrent that was given is, as HASH.torrent; empty: nowhere
  std::filesystem::path transfers;        // where each transfer has its directory
  std::string listen = "127.0.0.1:6881";  // as libtorrent has listen_interfaces
  bool is_dht = false, is_lsd = false, is_port_mapping = false;
  uint64_t download_rate = 0, upload_rate = 0;  // bytes a second; 0: no limit
  uint64_t connections = 200, upload_slots = 8;
  uint64_t max_torrent_bytes = uint64_t{1} << 40, max_files = 5'000;
  std::chrono::milliseconds save_every{5'000};  // of a transfer that moves
};

// Whether peers are sought on this machine only.
bool is_loopback_only(std::string_view listen);

enum class FaultKind { no_room, disk, layout, conflict, link, unsafe, quota };
constexpr size_t fault_kinds = 7;
std::string_view word_of(FaultKind kind);
std::optional<FaultKind> fault_kind(std::string_view word);
struct Fault {
  FaultKind kind;
  std::string words;  // for people
};

enum class Phase { metadata, checking, loading, whole, failed };
constexpr size_t phases = 5;

// A transfer as it is now. Of metadata and checking nothing is known of its bytes yet.
struct Seen {
  std::string hash;
  Phase phase = Phase::metadata;
  int64_t size = 0, done = 0;  // bytes; done: in pieces that were checked
  int64_t uploaded = 0;        // since it was added first
  int64_t peers = 0;
  std::string directory, main_file;     // the largest video, or file, beneath the directory
  int64_t main_size = 0, readable = 0;  // its bytes; how many of them are there from its beginning without a gap
  std::optional<Fault> fault;           // failed
};

// Bytes of files from and to all peers, since the engine was made.
struct Traffic {
  uint64_t received = 0, sent = 0;
};

enum class Trust {
  saved,
  nothing
};  // whether what was saved of a transfer is believed, or the files are looked through
enum class Files { keep, remove };

}  // namespace catlog::torrent
