#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <tuple>

#include <fmt/format.h>
#include <simdjson.h>

#include "tests/support/data_directory.h"
#include "tests/support/import_catalogue.h"

BOOST_AUTO_TEST_SUITE(import_test)

using namespace catlog::tests;
namespace fs = std::filesystem;
using simdjson::dom::element;

namespace {

// Rows by what they are known by: their first columns, joined.
std::map<std::string, Row> by_key(const std::vector<Row>& rows, const std::vector<std::string>& key_columns) {
  std::map<std::string, Row> found;
  for (const Row& row : rows) {
    std::string key;
    for (const auto& column : key_columns) key += row.at(column) + "/";
    BOOST_TEST(found.emplace(key, row).second, key << " is there twice");
  }
  return found;
}

// ---- what a row must hold, from the value of a file ----

std::string member(element object, const char* name) {
  element value;
  return object[name].get(value) ? "null" : simdjson::minify(value);
}

void check_text(const Row& row, const char* column, element object, const char* name) {
  const std::string value = member(object, name);
  BOOST_TEST(row.at(column) == (value == "null" ? "\"\"" : value), column);
}

void check_optional(const Row& row, const char* column, element object, const char* name) {
  BOOST_TEST(row.at(column) == member(object, name), column);
}

void check_real(const Row& row, const char* column, element object, const char* name) {
  BOOST_TEST(std::stod(row.at(column)) == double(object[name]), column);
}

void check_movie(const Row& row, element file) {
  check_text(row, "title", file, "title");
  check_text(row, "overview", file, "overview");
  check_text(row, "releaseDate", file, "release_date");
  check_text(row, "poster", file, "poster_path");
  check_text(row, "backdrop", file, "backdrop_path");
  check_optional(row, "imdbId", file, "imdb_id");
  check_optional(row, "runtime", file, "runtime");
  check_optional(row, "budget", file, "budget");
  check_optional(row, "revenue", file, "revenue");
  check_real(row, "popularity", file, "popularity");
  check_real(row, "rating", file, "vote_average");
}

void check_show(const Row& row, element file) {
  check_text(row, "name", file, "name");
  check_text(row, "overview", file, "overview");
  check_text(row, "firstAirDate", file, "first_air_date");
  check_text(row, "poster", file, "poster_path");
  check_text(row, "backdrop", file, "backdrop_path");
  check_optional(row, "imdbId", file["external_ids"], "imdb_id");
  check_text(row, "status", file, "status");
  check_text(row, "tagline", file, "tagline");
  check_text(row, "type", file, "type");
  BOOST_TEST(row.at("inProduction") == (bool(file["in_production"]) ? "1" : "0"));
  BOOST_TEST(row.at("episodeRunTime") == "\"" + member(file, "episode_run_time") + "\"");
  check_real(row, "popularity", file, "popularity");
  check_real(row, "rating", file, "vote_average");
}

void check_season(const Row& row, element listed) {
  check_text(row, "name", listed, "name");
  check_text(row, "overview", listed, "overview");
  check_text(row, "airDate", listed, "air_date");
  check_text(row, "poster", listed, "poster_path");
  check_optional(row, "episodeCount", listed, "episode_count");
}

void check_episode(const Row& row, element listed) {
  check_text(row, "name", listed, "name");
  check_text(row, "overview", listed, "overview");
  check_text(row, "airDate", listed, "air_date");
  check_optional(row, "runtime", listed, "runtime");
  check_optional(row, "stillPath", listed, "still_path");
}

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// The torrents that should be there: of each infoHash the first, of movies that are there.
std::map<std::string, std::tuple<std::string, std::string, Row>> first_torrents(const fs::path& folder,
                                                                                const std::set<std::string>& movies) {
  std::map<std::string, std::tuple<std::string, std::string, Row>> first;
  simdjson::dom::parser parser;
  for (const auto& file : json_files(folder)) {
    simdjson::dom::array listed;
    if (parser.load(file.string())["data"]["movies"].get(listed)) continue;
    for (element movie_entry : listed) {
      const std::string imdb_id = member(movie_entry, "imdb_code");
      if (!movies.contains(imdb_id)) continue;
      for (element torrent_entry : movie_entry["torrents"].get_array()) {
        std::string hash = member(torrent_entry, "hash");
        std::ranges::transform(hash, hash.begin(), [](unsigned char c) { return std::tolower(c); });
        first.try_emplace(hash, imdb_id, member(movie_entry, "title_long"), read_row(simdjson::minify(torrent_entry)));
      }
    }
  }
  return first;
}

void check_movies(const Import& imported, const fs::path& folder) {
  simdjson::dom::parser parser;
  const auto rows = by_key(imported.data.rows("SELECT * FROM movies"), {"tmdbId"});
  const auto files = json_files(folder / "movie");
  BOOST_TEST(rows.size() == files.size());
  for (const auto& file : files) BOOST_TEST_CONTEXT(file.string()) {
      const element document = parser.load(file.string());
      check_movie(rows.at(member(document, "id") + "/"), document);
    }
}

void check_shows(const Import& imported, const fs::path& folder) {
  simdjson::dom::parser parser;
  const auto shows = by_key(imported.data.rows("SELECT * FROM tv_shows"), {"tmdbId"});
  const auto seasons =
      by_key(imported.data.rows("SELECT t.tmdbId AS show, s.* FROM seasons s JOIN tv_shows t ON t.id = s.tvShowId"),
             {"show", "seasonNumber"});
  size_t shows_read = 0, seasons_read = 0;
  for (const auto& file : json_files(folder / "tv")) {
    if (file.parent_path() != folder / "tv") continue;
    const element document = parser.load(file.string());
    const std::string id = member(document, "id") + "/";
    BOOST_TEST_CONTEXT(file.string()) {
      check_show(shows.at(id), document);
      for (element listed : document["seasons"].get_array()) {
        check_season(seasons.at(id + member(listed, "season_number") + "/"), listed);
        ++seasons_read;
      }
    }
    ++shows_read;
  }
  BOOST_TEST(shows_read == shows.size());
  BOOST_TEST(seasons_read == seasons.size());
}

void check_episodes(const Import& imported, const fs::path& folder) {
  simdjson::dom::parser parser;
  const auto rows = by_key(imported.data.rows("SELECT t.tmdbId AS show, s.seasonNumber, e.* FROM episodes e JOIN "
                                              "seasons s ON s.id = e.seasonId JOIN tv_shows t ON t.id = s.tvShowId"),
                           {"show", "seasonNumber", "episodeNumber"});
  size_t read = 0;
  for (const auto& file : json_files(folder / "tv")) {
    if (file.parent_path() == folder / "tv") continue;
    const element document = parser.load(file.string());
    BOOST_TEST_CONTEXT(file.string())
    for (element listed : document["episodes"].get_array()) {
      check_episode(rows.at(member(listed, "show_id") + "/" + member(listed, "season_number") + "/" +
                            member(listed, "episode_number") + "/"),
                    listed);
      ++read;
    }
  }
  BOOST_TEST(read == rows.size());
}

void check_sources(const Import& imported, const fs::path& folder) {
  const auto rows = by_key(
      imported.data.rows("SELECT m.imdbId, s.* FROM movie_sources s JOIN movies m ON m.id = s.movieId"), {"infoHash"});
  std::set<std::string> movies;
  for (const Row& row : imported.data.rows("SELECT imdbId FROM movies")) movies.insert(row.at("imdbId"));
  const auto expected = first_torrents(folder, movies);
  BOOST_TEST(rows.size() == expected.size());
  for (const auto& [hash, entry] : expected) BOOST_TEST_CONTEXT(hash) {
      const auto& [imdb_id, title, torrent_entry] = entry;
      const Row& row = rows.at(hash + "/");
      BOOST_TEST(row.at("imdbId") == imdb_id);
      BOOST_TEST(row.at("title") == title);
      for (const char* column : {"quality", "type", "seeds", "peers"})
        BOOST_TEST(row.at(column) == torrent_entry.at(column), column);
      BOOST_TEST(row.at("size") == torrent_entry.at("size_bytes"));
      BOOST_TEST(row.at("magnetUri").find(hash.substr(1, 40)) != std::string::npos);
    }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(import, Import)

BOOST_AUTO_TEST_CASE(recorded_responses) {
  const char* fixtures = std::getenv("CATLOG_FIXTURES");
  if (!fixtures) {
    BOOST_TEST_MESSAGE("not tried: CATLOG_FIXTURES names no folder with recorded responses");
    return;
  }
  const fs::path folder = fixtures;
  import("tmdb", folder / "tmdb");
  import("yts", folder / "yts");
  check_counts({{"movies", 59},
                {"tv_shows", 31},
                {"seasons", 167},
                {"episodes", 8018},
                {"genres", 27},
                {"movie_genres", 152},
                {"tv_show_genres", 57},
                {"movie_sources", 23}});
  check_movies(*this, folder / "tmdb");
  check_shows(*this, folder / "tmdb");
  check_episodes(*this, folder / "tmdb");
  check_sources(*this, folder / "yts");

  const uint64_t head = data.head();
  const Tables before = data.tables();
  for (const char* kind : {"tmdb", "yts"}) {
    BOOST_TEST(import(kind, folder / kind).at("accepted") == "0");
  }
  BOOST_TEST(data.head() == head);
  BOOST_TEST((data.tables() == before));
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_imported_is_reported_and_the_rest_goes_on) {
  const TemporaryDirectory folder;
  write_fixture(folder.path());

  const Ran tmdb = data.catlog({"import", "tmdb", folder / "tmdb"});
  BOOST_TEST(tmdb.exit_code == 0, tmdb.err);
  BOOST_TEST(read_row(tmdb.out).at("files") == "6");
  BOOST_TEST(read_row(tmdb.out).at("problems") == "2");
  BOOST_TEST(tmdb.err.find(folder / "tmdb/broken.json: ") != std::string::npos, tmdb.err);
  BOOST_TEST(tmdb.err.find(folder / "tmdb/of-nothing-we-know.json: ") != std::string::npos, tmdb.err);

  const Ran yts = data.catlog({"import", "yts", folder / "yts"});
  BOOST_TEST(yts.exit_code == 0, yts.err);
  BOOST_TEST(read_row(yts.out).at("problems") == "3");
  for (const char* name : {"yts/b.json: ", "yts/missing.json: ", "yts/z-broken.json: "})
    BOOST_TEST(yts.err.find(folder / name) != std::string::npos, yts.err);
  BOOST_TEST(yts.err.find("tt0000001") != std::string::npos, yts.err);

  check_counts({{"movies", 1},
                {"tv_shows", 1},
                {"seasons", 2},
                {"episodes", 2},
                {"genres", 2},
                {"genre_translations", 2},
                {"movie_sources", 2}});
  const Row kept =
      data.rows("SELECT seeds, title FROM movie_sources WHERE infoHash = '" + std::string(40, 'a') + "'").at(0);
  BOOST_TEST(kept.at("seeds") == "7");  // of the first occurrence
  BOOST_TEST(kept.at("title") == "\"Big & Bunny\"");
  BOOST_TEST(data.rows("SELECT episodeRunTime AS t FROM tv_shows").at(0).at("t") == "\"[25,30]\"");

  const uint64_t head = data.head();
  const Row again = import("tmdb", folder / "tmdb");
  BOOST_TEST(again.at("accepted") == "0");
  import("yts", folder / "yts");
  BOOST_TEST(data.head() == head);
}

BOOST_AUTO_TEST_CASE(changed_seeds_and_peers_of_a_known_source_are_news) {
  const TemporaryDirectory folder;
  write_fixture(folder.path());
  import("tmdb", folder / "tmdb");
  import("yts", folder / "yts");
  const uint64_t head = data.head();
  std::ofstream(folder / "yts/a.json") << torrents("tt1254207", torrent(hash_a, 700));
  import("yts", folder / "yts");
  BOOST_TEST(data.head() == head + 1);
  const auto rows = data.rows("SELECT seeds FROM movie_sources WHERE infoHash = '" + std::string(40, 'a') + "'");
  BOOST_TEST(rows.at(0).at("seeds") == "700");
}

BOOST_AUTO_TEST_CASE(exit_codes_tell_what_happened) {
  const TemporaryDirectory folder;
  write_fixture(folder.path());
  BOOST_TEST(data.catlog({"import", "tmdb", "--strict", folder / "tmdb"}).exit_code == 1);
  BOOST_TEST(data.catlog({"import", "yts", "--strict", folder / "yts/a.json"}).exit_code == 0);
  const Ran nothing = data.catlog({"import", "tmdb", folder / "no such folder"});
  BOOST_TEST(nothing.exit_code == 2);
  BOOST_TEST(nothing.err.find("does not exist") != std::string::npos, nothing.err);
  BOOST_TEST(data.catlog({"import", "imdb", folder / "tmdb"}).exit_code == 2);
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST(data.catlog({"import", "tmdb", "--wait-s", "1", folder / "tmdb"}).exit_code == 6);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
