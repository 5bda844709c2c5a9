#pragma once
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/support/data_directory.h"
#include "tests/support/import_documents.h"

namespace catlog::tests {

// The real programs on an empty catalogue, to be imported into.
struct Import {
  DataDirectory data{CATLOG_BIN};
  Daemon daemon = data.start();

  Row import(const std::string& kind, const std::filesystem::path& folder) const {
    return read_row(data.out_of({"import", kind, folder.string()}));
  }
  void check_counts(const std::map<std::string, size_t>& expected) const {
    for (const auto& [table, count] : expected) {
      const auto rows = data.rows("SELECT count(*) AS n FROM " + table);
      BOOST_TEST(rows.at(0).at("n") == std::to_string(count), table << ": " << rows.at(0).at("n"));
    }
  }
};

// Files as TMDB and YTS give them, with what cannot be imported among them.
inline void write_fixture(const std::filesystem::path& folder) {
  const std::map<std::string, std::string> files{
      {"tmdb/movie/10378.json", movie},
      {"tmdb/tv/1930.json", show},
      {"tmdb/tv/1930/season/1.json", season(1, episode(1930, 1, 1) + "," + episode(1930, 1, 2))},
      {"tmdb/genre/movie-de.json", R"({"genres":[{"id":16,"name":"Trickfilm"},{"id":35,"name":"Komödie"}]})"},
      {"tmdb/broken.json", R"({"id":5,"title":)"},
      {"tmdb/of-nothing-we-know.json", R"({"colour":"red"})"},
      {"yts/a.json", torrents("tt1254207", torrent(hash_a, 7))},
      {"yts/b.json", torrents("tt1254207", torrent(hash_b) + "," + torrent(hash_a, 99))},
      {"yts/missing.json", torrents("tt0000001", torrent(hash_c))},
      {"yts/z-broken.json", "{"}};
  for (const auto& [name, content] : files) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << content;
  }
}

}  // namespace catlog::tests
