#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "projector/sqlite/sqlite.h"
#include "tests/support/commands.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(history_test)

// Rows of other tables than the titles', from their beginning to their end, as commands made them.
namespace {

using namespace catlog;
using namespace catlog::tests;

struct House {
  DataDirectory data{CATLOG_BIN};
  Daemon daemon = data.start();

  // Sends it as somebody; the last position of its events.
  std::string send(const std::string& command) const {
    const std::string actor = R"("actor":{"ipAddress":"192.0.2.10","userAgent":"Miauflix/1.0"})";
    const Row receipt = read_row(data.out_of({"send"}, in_envelope(actor, command)));
    BOOST_TEST_REQUIRE(receipt.contains("accepted"), command);
    return read_row(receipt.at("accepted")).at("lastPosition");
  }
  // Each event of a row with what became of a field: "genreDescribed null -> Drama, genreRemoved Drama -> null".
  std::string history(const std::string& row, const std::string& field) const {
    std::string text;
    for (const Row& event : read_lines(data.out_of({"history", row, "--json"}))) {
      text += (text.empty() ? "" : ", ") + event.at("event");
      BOOST_TEST(event.at("ipAddress") == "\"192.0.2.10\"");
      simdjson::dom::parser parser;
      for (auto element : parser.parse(event.at("changes")).get_array()) {
        const Row change = read_row(simdjson::minify(element));
        if (change.at("field") == '"' + field + '"')
          text += fmt::format(" {} -> {}", change.at("before"), change.at("after"));
      }
    }
    std::erase(text, '"');
    return text;
  }
  Ran explain(const std::vector<std::string>& cell, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), cell.begin(), cell.end());
    more.insert(more.begin(), "explain");
    return data.catlog(more);
  }
  // Checks what the lines behind the events' heads say, and the last one.
  void check_explained(const std::vector<std::string>& cell, const std::vector<std::string>& changes,
                       const std::string& now, const std::vector<std::string>& more = {}) const {
    const Ran ran = explain(cell, more);
    BOOST_TEST(ran.exit_code == 0, ran.err);
    size_t at = 0;
    for (const std::string& change : changes) {
      at = ran.out.find("\n          " + change + "\n", at);
      BOOST_TEST_REQUIRE(at != std::string::npos, change << " in its place in\n" << ran.out);
      ++at;
    }
    BOOST_TEST(ran.out.ends_with(": " + now + "\n"), ran.out);
  }
  // The read model holds all of it from here on.
  void catch_up() const { BOOST_TEST_REQUIRE(data.rows("SELECT 1 AS one").size() == 1u); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(history_of_any_row, House)

BOOST_AUTO_TEST_CASE(an_episode_that_was_removed_with_its_show_is_told_to_its_end) {
  send(tv_show_fields().as("putTvShow"));
  send(season_fields().as("putSeason"));
  send(episode_fields().with("name", "\"Pilot\"").as("putEpisode"));
  const std::string renamed = send(episode_fields().with("name", "\"The first\"").as("putEpisode"));
  catch_up();
  const std::vector<std::string> name{"episodes", "1", "name"};
  const std::string is_there = "The first, set at position " + renamed;
  check_explained(name, {"- -> Pilot", "Pilot -> The first  <- present value"}, is_there);

  send(R"({"removeTvShow":{"tvShow":{"tmdbId":1930},"withSeasons":true}})");
  catch_up();
  BOOST_TEST(history("episodes/1", "name") ==
             "episodeDescribed null -> Pilot, episodeDescribed Pilot -> The first, "
             "episodeRemoved The first -> null");
  BOOST_TEST(history("seasons/1", "name") == "seasonDescribed null -> Season, seasonRemoved Season -> null");
  const std::vector<std::string> whole{"- -> Pilot", "Pilot -> The first", "The first, and the row was removed"};
  check_explained(name, whole, "the row is not there");
  check_explained(name, {"- -> Pilot", "Pilot -> The first  <- present value"}, is_there, {"--as-of", renamed});
  const Row json = read_row(explain(name, {"--json"}).out);
  BOOST_TEST(json.at("fromReadModel") == "true");
  BOOST_TEST(json.at("rowIsThere") == "false");
  BOOST_TEST(json.at("value") == "null");
  BOOST_TEST(json.at("setBy") == "null");
  BOOST_TEST(has(json.at("events"), R"("did":"removedRow","before":"The first","after":null)"), json.at("events"));

  // The log alone says the same.
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
  for (const char* derived : {"state", "readmodel"}) std::filesystem::remove_all(data / derived);
  check_explained(name, whole, "the row is not there");
  const Row by_log = read_row(explain(name, {"--json"}).out);
  BOOST_TEST(by_log.at("fromReadModel") == "false");
  BOOST_TEST(by_log.at("events") == json.at("events"));
}

// As a name may have them.
BOOST_AUTO_TEST_CASE(a_row_named_with_a_quote_is_explained_in_json) {
  const std::string name = R"(a"b\c)";
  send(user_fields(name).as("registerUser"));
  catch_up();
  const Row json = read_row(explain({"users", name, "role"}, {"--json"}).out);
  BOOST_TEST(json.at("id") == json_text(name));
  BOOST_TEST(json.at("column") == "\"role\"");
}

BOOST_AUTO_TEST_CASE(a_download_is_told_until_its_storage_is_removed) {
  send(movie_fields().as("putMovie"));
  send(source_fields().as("addMovieSource"));
  send(Fields{{"source", source_ref()}}.as("startDownload"));
  send(transfer_fields(0.25).as("reportTransfer"));
  send(transfer_fields(0.5).as("reportTransfer"));
  catch_up();
  const std::vector<std::string> progress{"storage", "1", "downloadProgress"};
  check_explained({"storage", "1", "status"}, {"- -> downloading  <- present value"},
                  "downloading, set at position " + std::to_string(data.head() - 2));
  check_explained(progress, {"0.25 -> 0.5  <- present value"}, "0.5, set at position " + std::to_string(data.head()));
  send(Fields{{"storage", source_ref()}}.as("removeStorage"));
  catch_up();
  check_explained(progress, {"0.25 -> 0.5", "0.5, and the row was removed"}, "the row is not there");
  BOOST_TEST(history("storage/1", "status") ==
             "downloadStarted null -> downloading, transferReported, transferReported, "
             "storageRemoved downloading -> null");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(a_link_comes_goes_and_comes_again) {
  send(movie_fields().as("putMovie"));
  send(list_fields().as("createMediaList"));
  const Fields entry{{"mediaList", R"({"id":1})"}, {"movie", movie_ref()}};
  const std::vector<std::string> link{"media_list_movies", "1,1", "movieId"};
  send(entry.as("listTitle"));
  send(entry.as("delistTitle"));
  catch_up();
  check_explained(link, {"- -> 1", "1, and the row was removed"}, "the row is not there");
  const std::string again = send(entry.as("listTitle"));
  catch_up();
  check_explained(link, {"- -> 1", "1, and the row was removed", "- -> 1  <- present value"},
                  "1, set at position " + again);
  BOOST_TEST(history("media_list_movies/1,1", "movieId") ==
             "movieListed null -> 1, movieDelisted 1 -> null, movieListed null -> 1");
  BOOST_TEST(history("media_list_movies/1", "media_list_movies/1,1") ==
             "movieListed null -> linked, movieDelisted linked -> null, movieListed null -> linked");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(what_is_put_again_after_its_removal_is_another_row) {
  send(genre_fields().as("putGenre"));
  send(Fields{{"genre", R"({"tmdbId":16})"}, {"language", "\"de\""}, {"name", "\"Zeichentrick\""}}.as(
      "putGenreTranslation"));
  send(Fields{{"genre", R"({"tmdbId":16})"}}.as("removeGenre"));
  send(genre_fields().with("name", "\"Cartoons\"").as("putGenre"));
  catch_up();
  BOOST_TEST(history("genres/1", "name") ==
             "genreDescribed null -> Animation, genreTranslated, "
             "genreRemoved Animation -> null");
  BOOST_TEST(history("genres/2", "name") == "genreDescribed null -> Cartoons");
  // It went with its genre.
  check_explained({"genre_translations", "1", "name"}, {"- -> Zeichentrick", "Zeichentrick, and the row was removed"},
                  "the row is not there");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());

  // A read model in which the old row is there again, and the new one is not, is none of the log.
  projector::Database(data / "readmodel/current.sqlite", projector::Open::write)
      .run("UPDATE genres SET id = 1 WHERE id = 2");
  for (const char* id : {"1", "2"}) {
    const Ran ran = explain({"genres", id, "name"});
    BOOST_TEST(ran.exit_code == 1);
    BOOST_TEST(has(ran.err, "catlog verify"), ran.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
