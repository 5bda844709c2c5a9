#include "tests/support/torrents/house.h"

#include <fstream>
#include <utility>

#include <fmt/format.h>

namespace catlog::tests {

namespace fs = std::filesystem;

House::House(fs::path programs) : data(programs), programs_(std::move(programs)) {
  start_daemon();
  send(R"({"putMovie":{"tmdbId":1,"title":"M","overview":"","releaseDate":"","poster":"","backdrop":""}})");
}

void House::send(const std::string& command) const { data.out_of({"send", "-"}, command + "\n"); }

void House::want(const Torrent& torrent) const { want(std::vector<Torrent>{torrent}); }

void House::want(const std::vector<Torrent>& torrents) const {
  std::string commands;
  for (const auto& torrent : torrents)
    commands += fmt::format(R"({{"addMovieSource":{{"movie":{{"tmdbId":1}},"quality":"1080p","type":"web","size":{},)"
                            R"("magnetUri":"{}","language":"en","title":"M","seeds":1,"peers":1}}}})"
                            "\n"
                            R"({{"startDownload":{{"source":{{"infoHash":"{}"}}}}}})"
                            "\n",
                            torrent.size, torrent.magnet, torrent.hash);
  data.out_of({"send", "-"}, commands);
}

size_t House::count(const std::string& wanted) const {
  return data.rows(fmt::format("SELECT id FROM storage WHERE status = '{}'", wanted)).size();
}

void House::give(const Torrent& torrent) const {
  fs::create_directories(data / "torrents");
  std::ofstream(data / "torrents" / (torrent.hash + ".torrent"), std::ios::binary) << torrent.bytes;
}

void House::about(const char* command, const Torrent& torrent, const std::string& more) const {
  send(fmt::format(R"({{"{}":{{"storage":{{"infoHash":"{}"}}{}}}}})", command, torrent.hash, more));
}

void House::start_daemon() { daemon.emplace(programs_ / "catlogd", data.path()); }

std::vector<std::string> House::own_arguments(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--downloads", downloads().string(), "--listen", listen});
  return arguments;
}

void House::start(std::vector<std::string> arguments) {
  bridge.emplace(programs_ / "catlog-torrent", data.path(), own_arguments(std::move(arguments)));
}

Ran House::run(std::vector<std::string> arguments) const {
  auto all = own_arguments(std::move(arguments));
  all.insert(all.begin(), {(programs_ / "catlog-torrent").string(), "--data", data.path().string()});
  return tests::run(all);
}

uint16_t House::port() const {
  const std::string said = bridge->err(), before = ", port ";
  return static_cast<uint16_t>(std::stoi(said.substr(said.rfind(before) + before.size())));
}

Row House::stored(const Torrent& torrent) const {
  const auto rows = data.rows(fmt::format("SELECT * FROM storage WHERE infoHash = '{}'", torrent.hash));
  return rows.empty() ? Row{} : rows.front();
}

std::string House::status(const Torrent& torrent) const {
  const Row row = stored(torrent);
  if (row.empty()) return {};
  const std::string& quoted = row.at("status");
  return quoted.substr(1, quoted.size() - 2);
}

double House::progress(const Torrent& torrent) const {
  const Row row = stored(torrent);
  return row.empty() ? 0 : std::stod(row.at("downloadProgress"));
}

bool House::becomes(const Torrent& torrent, const std::string& wanted, const std::vector<Peer*>& peers,
                    std::chrono::milliseconds longest) const {
  return comes_true(
      [&] {
        for (Peer* peer : peers) peer->meet(port());
        return status(torrent) == wanted;
      },
      longest);
}

std::vector<std::string> House::events_of(const Torrent& torrent) const {
  const Row row = stored(torrent);
  std::vector<std::string> names;
  for (const Row& record : read_lines(data.out_of({"log", "--stream", "storage/" + row.at("id")})))
    names.push_back(read_row(record.at("event")).begin()->first);
  return names;
}

bool House::is_equal(const Torrent& torrent, const fs::path& folder) const {
  for (size_t file = 0; file < torrent.paths.size(); ++file)
    if (sha256_of(loaded(torrent, file)) != sha256_of(folder / torrent.paths[file])) return false;
  return true;
}

}  // namespace catlog::tests
