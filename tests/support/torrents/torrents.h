#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// Torrents made on the spot, and those who have them: sessions of libtorrent's own on the loopback interface.
namespace catlog::tests {

// Waits until it holds, looking again and again; false when it takes longer.
bool comes_true(const std::function<bool()>& holds, std::chrono::milliseconds longest = std::chrono::seconds(120));

struct TorrentFile {
  std::string path;  // beneath the torrent's folder
  uint64_t bytes = 0;
};
enum class Version { v1, v2, hybrid };
enum class Privacy { open, closed };

struct TorrentPlan {
  std::vector<TorrentFile> files{{"film.mkv", uint64_t{4} << 20}};
  Version version = Version::v1;
  Privacy privacy = Privacy::open;
  int piece_bytes = 64 << 10;
  uint64_t seed = 1;  // of its bytes
  std::string name = "Sintel.2010.1080p.WEB";
};

// A torrent, and its payload in a folder.
struct Torrent {
  std::string bytes;                         // the .torrent
  std::string hash;                          // v1, if there is one
  std::string v2_hash;                       // or empty
  std::string magnet;                        // without trackers and peers
  std::vector<std::filesystem::path> paths;  // of its files, beneath a save path
  uint64_t size = 0;
};
// Writes the payload into `folder`, which then is its save path.
Torrent make_torrent(const TorrentPlan& plan, const std::filesystem::path& folder);
// Of one file that is there.
Torrent torrent_of(const std::filesystem::path& file, int piece_bytes);

// SHA-256 in hex of a file; empty when it cannot be read.
std::string sha256_of(const std::filesystem::path& file);

// A peer with a session of its own, on this address of the loopback network and a free port; of one torrent, or of
// many.
class Peer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    uint64_t upload_rate = 0;  // bytes a second; 0: no limit
    std::string tracker = {};  // that it is found by; empty: none
  };
  // Seeds the torrents, or loads them into `folder`. Returns once their files are checked.
  Peer(const Torrent& torrent, const std::filesystem::path& folder);
  Peer(const Torrent& torrent, const std::filesystem::path& folder, const Options& options);
  Peer(const std::vector<Torrent>& torrents, const std::filesystem::path& folder, const Options& options);
  Peer(const Peer&) = delete;
  ~Peer();

  uint16_t port() const;
  bool is_whole() const;
  // Connects to another peer of this machine; again and again is no harm.
  void meet(uint16_t port);
  uint64_t given_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace catlog::tests
