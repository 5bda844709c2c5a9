#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/data_directory.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torrents/torrents.h"

namespace catlog::tests {

// A catlogd with one movie, and a catlog-torrent beside it, on the loopback interface and a free port.
class House {
 public:
  // `programs`: their folder.
  explicit House(std::filesystem::path programs);

  // Sends a command; throws when it is refused.
  void send(const std::string& command) const;
  // The torrent is a source, and its download is started.
  void want(const Torrent& torrent) const;
  void want(const std::vector<Torrent>& torrents) const;
  // Its .torrent is where those are that were given.
  void give(const Torrent& torrent) const;
  // {"pauseDownload":{"storage":…}} and the like; `more`: further members, each behind a comma.
  void about(const char* command, const Torrent& torrent, const std::string& more = "") const;

  void start_daemon();
  void start(std::vector<std::string> arguments = {});
  // As start(), for one that ends by itself.
  Ran run(std::vector<std::string> arguments = {}) const;
  uint16_t port() const;

  std::filesystem::path downloads() const { return own / "downloads"; }
  std::filesystem::path home(const Torrent& torrent) const { return downloads() / "transfers" / torrent.hash; }
  std::filesystem::path loaded(const Torrent& torrent, size_t file = 0) const {
    return home(torrent) / "files" / torrent.paths.at(file);
  }
  // Its row; empty: there is none.
  Row stored(const Torrent& torrent) const;
  std::string status(const Torrent& torrent) const;
  double progress(const Torrent& torrent) const;
  // Whether it comes to this status; meanwhile these peers look for the bridge.
  bool becomes(const Torrent& torrent, const std::string& status, const std::vector<Peer*>& peers = {},
               std::chrono::milliseconds longest = std::chrono::seconds(120)) const;
  // How many downloads have this status.
  size_t count(const std::string& status) const;
  // The names of its events, in order.
  std::vector<std::string> events_of(const Torrent& torrent) const;
  // Whether each of its files is what the seeder's is.
  bool is_equal(const Torrent& torrent, const std::filesystem::path& folder) const;

  std::string listen = "127.0.0.1:0";  // of the bridge
  DataDirectory data;
  TemporaryDirectory own, seeds;
  std::optional<Daemon> daemon, bridge;

 private:
  std::vector<std::string> own_arguments(std::vector<std::string> arguments) const;
  std::filesystem::path programs_;
};

}  // namespace catlog::tests
