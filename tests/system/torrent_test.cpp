#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "tests/support/data_directory.h"
#include "tests/support/torrents/torrents.h"

BOOST_AUTO_TEST_SUITE(torrent_test)

// Real transfers on the loopback interface: catlogd, catlog-torrent, and libtorrent's own sessions that have the files.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

struct House {
  DataDirectory data{CATLOG_BIN};
  TemporaryDirectory own, seeds;
  std::optional<Daemon> daemon{std::in_place, CATLOG_BIN "/catlogd", data.path()};
  std::optional<Daemon> bridge;

  House() { send(R"({"putMovie":{"tmdbId":1,"title":"M","overview":"","releaseDate":"","poster":"","backdrop":""}})"); }

  void send(const std::string& command) const { data.out_of({"send", "-"}, command + "\n"); }
  void want(const Torrent& torrent) const {
    send(fmt::format(R"({{"addMovieSource":{{"movie":{{"tmdbId":1}},"quality":"1080p","type":"web","size":{},)"
                     R"("magnetUri":"{}","language":"en","title":"M","seeds":1,"peers":1}}}})",
                     torrent.size, torrent.magnet));
    send(fmt::format(R"({{"startDownload":{{"source":{{"infoHash":"{}"}}}}}})", torrent.hash));
  }
  void about(const char* command, const Torrent& torrent) const {
    send(fmt::format(R"({{"{}":{{"storage":{{"infoHash":"{}"}}}}}})", command, torrent.hash));
  }
  void start(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--downloads", downloads().string(), "--listen", "127.0.0.1:0"});
    bridge.emplace(CATLOG_BIN "/catlog-torrent", data.path(), arguments);
  }
  fs::path downloads() const { return own / "downloads"; }
  fs::path loaded(const Torrent& torrent, size_t file = 0) const {
    return downloads() / "transfers" / torrent.hash / "files" / torrent.paths.at(file);
  }
  uint16_t port() const {
    const std::string said = bridge->err(), before = ", port ";
    return static_cast<uint16_t>(std::stoi(said.substr(said.rfind(before) + before.size())));
  }
  Row stored(const Torrent& torrent) const {
    const auto rows = data.rows(fmt::format("SELECT * FROM storage WHERE infoHash = '{}'", torrent.hash));
    return rows.empty() ? Row{} : rows.front();
  }
  std::string status(const Torrent& torrent) const {
    const Row row = stored(torrent);
    return row.empty() ? "" : row.at("status");
  }
  bool becomes(const Torrent& torrent, const std::string& status_, Peer* peer = nullptr) const {
    return comes_true([&] {
      if (peer && bridge) peer->meet(port());
      return status(torrent) == '"' + status_ + '"';
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(transfers, House)

BOOST_AUTO_TEST_CASE(what_is_started_is_loaded_and_reported) {
  const Torrent torrent = make_torrent({}, seeds.path());
  Peer seeder(torrent, seeds.path());
  want(torrent);
  start({"--seed-percent", "0"});
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", &seeder), bridge->err());
  BOOST_TEST(sha256_of(loaded(torrent)) == sha256_of(seeds / torrent.paths[0].string()));
  BOOST_TEST(stored(torrent).at("downloaded") == std::to_string(torrent.size));
  BOOST_TEST(stored(torrent).at("downloadProgress") == "1");
  BOOST_TEST(bridge->terminate() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
