#include "tests/support/torrents/hostile.h"

#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/hasher.hpp>
#include <libtorrent/hex.hpp>
#include <libtorrent/torrent_info.hpp>

#include <filesystem>
#include <fstream>
#include <functional>

#include <fmt/format.h>

namespace catlog::tests {

namespace fs = std::filesystem;
using lt::entry;

namespace {

constexpr int64_t piece_bytes = 16 << 10;

std::string written_out(const entry& value) {
  std::string bytes;
  lt::bencode(std::back_inserter(bytes), value);
  return bytes;
}

// The payload is one letter again and again: every piece but the last has the same hash.
std::string hashes_of(int64_t size) {
  std::string hashes;
  for (int64_t at = 0; at < size; at += piece_bytes) {
    const auto hash = lt::hasher(std::string(static_cast<size_t>(std::min(piece_bytes, size - at)), 'x')).final();
    hashes.append(hash.data(), static_cast<size_t>(lt::sha1_hash::size()));
  }
  return hashes;
}

using Path = std::vector<std::string>;

entry file_of(const Path& path, int64_t length) {
  entry file;
  for (const auto& name : path) file["path"].list().emplace_back(name);
  file["length"] = length;
  return file;
}

entry files_of(const std::vector<Path>& paths, int64_t each = 20'000, const std::string& name = "name") {
  entry info;
  info["name"] = name;
  info["piece length"] = piece_bytes;
  for (const auto& path : paths) info["files"].list().push_back(file_of(path, each));
  info["pieces"] = hashes_of(each * static_cast<int64_t>(paths.size()));
  return info;
}

entry single(const std::string& name, int64_t length = 20'000) {
  entry info;
  info["name"] = name;
  info["piece length"] = piece_bytes;
  info["length"] = length;
  info["pieces"] = hashes_of(length > 0 && length < (1 << 24) ? length : 1);
  return info;
}

entry with_link(const std::string& to) {
  entry info = files_of({{"film"}});
  entry link = file_of({"link"}, 0);
  link["attr"] = "l";
  for (size_t at = 0; at <= to.size();) {
    const size_t end = std::min(to.find('/', at), to.size());
    link["symlink path"].list().emplace_back(to.substr(at, end - at));
    at = end + 1;
  }
  info["files"].list().push_back(link);
  return info;
}

entry changed(entry info, const std::function<void(entry&)>& change) {
  change(info);
  return info;
}

Torrent torrent_of(const entry& info) {
  Torrent torrent;
  entry whole;
  whole["info"] = info;
  torrent.bytes = written_out(whole);
  const auto hash = lt::hasher(written_out(info)).final();
  torrent.hash = lt::aux::to_hex({hash.data(), lt::sha1_hash::size()});
  torrent.magnet = "magnet:?xt=urn:btih:" + torrent.hash;
  torrent.size = 1'000'000;
  return torrent;
}

void write_payload(const Torrent& torrent, const fs::path& folder) {
  const lt::torrent_info read(
      lt::span<const char>(torrent.bytes.data(), static_cast<std::ptrdiff_t>(torrent.bytes.size())), lt::from_span);
  for (const auto file : read.files().file_range()) {
    if (read.files().pad_file_at(file)) continue;
    const fs::path path = folder / read.files().file_path(file);
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    std::ofstream(path) << std::string(static_cast<size_t>(read.files().file_size(file)), 'x');
  }
}

}  // namespace

std::vector<Hostile> hostile_torrents(const fs::path& folder, const fs::path& outside) {
  const Path deep(100, "d"), long_path(70, std::string(100, 'n'));
  std::vector<Path> many;
  for (int i = 0; i < 6'000; ++i) many.push_back({std::to_string(i)});
  const std::string upwards = "../../../../../../../../../..";
  struct Made {
    const char* what;
    bool is_taken;
    entry info;
  };
  const Made all[] = {
      {"leads upwards", true, files_of({{"..", "..", "..", "..", "up"}, {"film"}})},
      {"leads upwards in one name", true, files_of({{upwards + outside.string() + "/up"}, {"film"}})},
      {"is absolute", true, files_of({{outside.string() + "/absolute"}, {"film"}})},
      {"has a name that leads upwards", true, files_of({{"film"}}, 20'000, "..")},
      {"is one file with an absolute name", true, single(outside.string() + "/absolute")},
      {"leads upwards with backslashes", true, files_of({{"..\\..\\up"}, {"film"}})},
      {"has a NUL in a name", true, files_of({{std::string("fi\0lm", 5)}, {"other"}})},
      {"has a mark that turns the order of reading", true, files_of({{"film\xE2\x80\xAEvkm.exe"}, {"other"}})},
      {"has an escape sequence in a name", true, files_of({{"film\x1B[2J"}, {"other"}})},
      {"has a path of 7,000 characters", false, files_of({long_path, {"film"}})},
      {"is a hundred folders deep", false, files_of({deep, {"film"}})},
      {"has six thousand files", false, files_of(many, 1)},
      {"wants a link upwards", true, with_link(upwards)},
      {"wants a link to an absolute path", false, with_link(outside.string())},
      {"wants a link to its own file", false, with_link("film")},
      {"has a file that is a folder too", true, files_of({{"a"}, {"a", "b"}})},
      {"has no bytes", false, files_of({{"film"}}, 0)},
      {"is larger than any disk", false, single("film", int64_t{1} << 50)},
      {"has a negative length", false, single("film", -1)},
      {"has pieces of no bytes", false, changed(single("film"), [](entry& info) { info["piece length"] = 0; })},
      {"has pieces of a gigabyte", false,
       changed(single("film", int64_t{1} << 31),
               [](entry& info) {
                 info["piece length"] = int64_t{1} << 30;
                 info["pieces"] = std::string(40, 'h');
               })},
      {"has fewer hashes than pieces", false,
       changed(single("film"), [](entry& info) { info["pieces"] = std::string(20, 'h'); })},
      {"has no name", false, changed(single("film"), [](entry& info) { info.dict().erase("name"); })},
  };
  std::vector<Hostile> made;
  for (const auto& one : all) {
    made.push_back({one.what, one.is_taken, torrent_of(one.info)});
    if (one.is_taken) write_payload(made.back().torrent, folder / std::to_string(made.size() - 1));
  }
  return made;
}

}  // namespace catlog::tests
