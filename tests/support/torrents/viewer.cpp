#include "tests/support/torrents/viewer.h"

#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

namespace catlog::tests {

namespace {

constexpr size_t scheme_and_host = sizeof "http://" - 1;

std::string path_of(const std::string& address) { return address.substr(address.find('/', scheme_and_host)); }
std::string server_of(const std::string& address) { return address.substr(0, address.find('/', scheme_and_host)); }

}  // namespace

Viewer::Viewer(const House& house, const Torrent& torrent, const std::string& file)
    : path_(path_of(address(house)) + "/" + torrent.hash + (file.empty() ? "" : "/" + file)),
      peer_(server_of(address(house))) {}

std::string Viewer::address(const House& house) {
  const auto published = house.downloads() / "play";
  if (!comes_true([&] { return std::filesystem::exists(published); }))
    throw std::runtime_error("the bridge publishes no address");
  std::string line = read_text(published);
  return line.substr(0, line.find('\n'));
}

void Viewer::ask(uint64_t from, uint64_t to) {
  peer_.send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nRange: bytes={}-{}\r\n\r\n", path_, from, to - 1));
}

std::string Viewer::read(uint64_t from, uint64_t to) {
  HttpPeer::Answer answer;
  comes_true([&] {
    ask(from, to);
    answer = peer_.hear();
    return answer.status != 404;
  });
  return answer.status == 206 ? answer.body : "";
}

}  // namespace catlog::tests
