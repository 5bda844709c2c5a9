#include <boost/test/unit_test.hpp>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/support/import_catalogue.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(import_runs_test)

using namespace catlog::tests;

BOOST_FIXTURE_TEST_SUITE(import_runs, Import)

// Each run once overwrote what the other had said, for ever.
BOOST_AUTO_TEST_CASE(a_show_and_its_season_settle_in_runs_of_their_own) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "season.json") << season(1, episode(1930, 1, 1) + "," + episode(1930, 1, 2));
  std::ofstream(folder / "show.json") << show;
  const Ran first = data.catlog({"import", "tmdb", folder / "season.json"});
  BOOST_TEST(read_row(first.out).at("problems") == "1");
  BOOST_TEST(first.err.find("show 1930 was not there") != std::string::npos, first.err);
  import("tmdb", folder / "show.json");
  check_counts({{"tv_shows", 1}, {"seasons", 2}, {"episodes", 2}});
  const std::string query =
      "SELECT t.name AS show, s.name, s.episodeCount FROM seasons s JOIN tv_shows t ON t.id = "
      "s.tvShowId WHERE s.seasonNumber = 1";
  BOOST_TEST((data.rows(query).at(0) == Row{{"show", "\"Hillbillies\""}, {"name", "\"One\""}, {"episodeCount", "36"}}));
  const uint64_t head = data.head();
  for (const char* name : {"season.json", "show.json", "season.json"})
    BOOST_TEST(import("tmdb", folder / name).at("accepted") == "0");
  const Ran again = data.catlog({"import", "tmdb", folder / "season.json"});
  BOOST_TEST(again.err.find("note: 1 season stays as it is") != std::string::npos, again.err);
  BOOST_TEST(data.head() == head);
}

// A season's document that came first left "Show N" for ever.
BOOST_AUTO_TEST_CASE(an_incomplete_show_and_its_season_settle_in_runs_of_their_own) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "season.json") << season(1, episode(5, 1, 1));
  std::ofstream(folder / "show.json") << R"({"id":5,"name":"Five","first_air_date":"1999-01-01","seasons":[]})";
  std::ofstream(folder / "other.json") << R"({"id":6,"name":"Six","first_air_date":"1999-01-01","seasons":[]})";
  BOOST_TEST(import("tmdb", folder / "season.json").at("problems") == "1");
  const Row shows = import("tmdb", folder / "show.json");
  BOOST_TEST(shows.at("accepted") == "1");
  BOOST_TEST(shows.at("commands") == R"({"putTvShow":{"accepted":1,"unchanged":0,"refused":0}})");
  import("tmdb", folder / "other.json");
  const auto rows = data.rows("SELECT name FROM tv_shows ORDER BY tmdbId");
  BOOST_TEST((rows == std::vector<Row>{{{"name", "\"Five\""}}, {{"name", "\"Six\""}}}));
  check_counts({{"seasons", 1}, {"episodes", 1}});

  const uint64_t head = data.head();
  for (const char* name : {"season.json", "show.json", "other.json"})
    BOOST_TEST(import("tmdb", folder / name).at("accepted") == "0");
  BOOST_TEST(data.head() == head);
  // One that says otherwise finds no unknown show any more.
  std::ofstream(folder / "show.json") << R"({"id":5,"name":"Shorter","seasons":[]})";
  const Ran later = data.catlog({"import", "tmdb", folder / "show.json"});
  BOOST_TEST(later.err.find("note: 1 incomplete document left what was there") != std::string::npos, later.err);
  BOOST_TEST(data.head() == head);
}

// What is left out is said, in a document that can be read whatever the files are called.
BOOST_AUTO_TEST_CASE(names_of_another_region_that_stay_out_are_noted) {
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder / "no text \xff");
  std::ofstream(folder / "list-es.json") << R"({"genres":[{"id":27,"name":"Terror"}]})";
  std::ofstream(folder / "no text \xff/list-es-MX.json") << R"({"genres":[{"id":27,"name":"Miedo"}]})";
  for (const std::string& path : {folder.path().string(), (folder / "no text \xff/list-es-MX.json").string()}) {
    const Ran ran = data.catlog({"import", "tmdb", path});
    const std::string notes = read_row(ran.out).at("notes");
    BOOST_TEST(notes.find("1 name of another region") != std::string::npos, notes);
    BOOST_TEST(notes.find("genre 27 in es in ") != std::string::npos, notes);
    BOOST_TEST(notes.find("Miedo") != std::string::npos, notes);
  }
}

BOOST_AUTO_TEST_CASE(every_command_of_an_import_has_its_correlation_id) {
  const TemporaryDirectory folder;
  write_fixture(folder.path());
  const Ran named = data.catlog({"import", "tmdb", "--correlation", "night 1", folder / "tmdb"});
  BOOST_TEST(read_row(named.out).at("correlationId") == "\"night 1\"");
  BOOST_TEST(named.err.find("correlation night 1") != std::string::npos, named.err);
  const Ran yts = data.catlog({"import", "yts", folder / "yts"});
  const std::string generated = read_row(yts.out).at("correlationId");
  BOOST_TEST(generated.size() == 38);  // a UUID in quotes
  for (const Row& record : read_lines(data.out_of({"log"}))) {
    const std::string& id = record.at("correlationId");
    BOOST_TEST((id == "\"night 1\"" || id == generated), id);
  }
  std::string in_capitals = generated.substr(1, 36);
  for (char& c : in_capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  BOOST_TEST(data.out_of({"log", "--correlation", in_capitals}) ==
             data.out_of({"log", "--correlation", generated.substr(1, 36)}));
  BOOST_TEST(data.out_of({"log", "--correlation", in_capitals}).find(generated) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_list_in_another_language_translates_and_never_names) {
  const TemporaryDirectory folder;
  const auto list = [](const char* name) { return fmt::format(R"({{"genres":[{{"id":27,"name":"{}"}}]}})", name); };
  for (const auto& [file, name] : std::map<std::string, const char*>{{"genre-movie-list.json", "Horror"},
                                                                     {"genre-movie-list.fr.json", "Horreur"},
                                                                     {"genre-movie-list-zh-Hans.json", "恐怖"},
                                                                     {"genre-list.json", "Kauhu"}}) {
    std::ofstream(folder / file) << list(name);
    const Ran ran = data.catlog({"import", "tmdb", folder / file});
    const bool is_unknown = ran.err.find("cannot be told") != std::string::npos;
    BOOST_TEST(is_unknown == (file == "genre-list.json"), ran.err);
  }
  BOOST_TEST(data.rows("SELECT name FROM genres").at(0).at("name") == "\"Horror\"");
  const auto translations = data.rows("SELECT language, name FROM genre_translations ORDER BY language");
  BOOST_TEST_REQUIRE(translations.size() == 2);
  BOOST_TEST(translations[0].at("name") == "\"Horreur\"");
  BOOST_TEST(translations[1].at("language") == "\"zh\"");
  data.out_of({"import", "tmdb", "--language", "fi", folder / "genre-list.json"});
  BOOST_TEST(data.rows("SELECT name FROM genre_translations WHERE language = 'fi'").at(0).at("name") == "\"Kauhu\"");
}

BOOST_AUTO_TEST_CASE(files_in_other_forms_are_read_or_named) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "marked.JSON") << "\xEF\xBB\xBF" << movie;
  std::ofstream(folder / "page.json") << "<html>502</html>";
  const Ran imported = data.catlog({"import", "tmdb", folder.path().string()});
  BOOST_TEST(imported.exit_code == 0);
  BOOST_TEST(imported.err.find(folder / "page.json: this is HTML") != std::string::npos, imported.err);
  check_counts({{"movies", 1}});

  std::ofstream(folder / "commands.ndjson") << "\xEF\xBB\xBF"
                                            << R"({"putGenre":{"tmdbId":5,"name":"Five"}})"
                                            << "\n";
  BOOST_TEST(data.catlog({"send", folder / "commands.ndjson"}).exit_code == 0);
  for (const std::string& bytes : {std::string("\x1F\x8B\x08"), std::string("{\0\"\0", 4), std::string("<html>")}) {
    const Ran sent = data.catlog({"send"}, bytes);
    BOOST_TEST(sent.exit_code == 2);
    BOOST_TEST(sent.err.find("the standard input is ") != std::string::npos, sent.err);
  }
  const Ran pretty = data.catlog({"send"}, "{\n\"putGenre\":{}\n}\n");
  BOOST_TEST(pretty.exit_code == 1);
  BOOST_TEST(pretty.err.find("jq -c .") != std::string::npos, pretty.err);
}

BOOST_AUTO_TEST_CASE(an_import_of_which_no_file_can_be_read_is_no_success) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "empty.json") << "";
  std::ofstream(folder / "page.json") << "<html>502</html>";
  for (const char* source : {"tmdb", "yts"}) {
    const Ran ran = data.catlog({"import", source, folder.path().string()});
    BOOST_TEST(ran.exit_code == 1, ran.err);
    BOOST_TEST(read_row(ran.out).at("problems") == "2");
  }
  std::ofstream(folder / "good.json") << movie;
  BOOST_TEST(data.catlog({"import", "tmdb", folder.path().string()}).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(an_import_of_something_else_is_no_success_and_says_what_was_expected) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "package.json") << R"({"name":"web","version":"1.0.0","dependencies":{}})";
  std::ofstream(folder / "numbers.json") << "[1,2,3]";
  for (const auto& [source, expected] : {std::pair("tmdb", "none of 2 files holds what TMDB answers: a movie ("),
                                         std::pair("yts", "none of 2 files holds what YTS answers: `data` with")}) {
    const Ran ran = data.catlog({"import", source, folder.path().string()});
    BOOST_TEST(ran.exit_code == 1, ran.err);
    BOOST_TEST(has(ran.err, expected), ran.err);
  }
  std::ofstream(folder / "list.json") << R"({"status":"ok","data":{"movie_count":0}})";
  BOOST_TEST(data.catlog({"import", "yts", folder.path().string()}).exit_code == 0);
  std::ofstream(folder / "nothing.json") << "[]";
  BOOST_TEST(data.catlog({"import", "tmdb", folder / "nothing.json"}).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(an_import_of_which_every_command_is_refused_is_no_success) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "torrents.json") << torrents("tt1254207", torrent(hash_a) + "," + torrent(hash_b));
  std::ofstream(folder / "movie.json") << movie;
  const auto yts = [&] { return data.catlog({"import", "yts", folder / "torrents.json"}); };
  const Ran refused = yts();
  BOOST_TEST(refused.exit_code == 1, refused.err);
  BOOST_TEST(has(refused.err, "nothing is imported: each of 2 commands was refused"), refused.err);
  BOOST_TEST(read_row(refused.out).at("refused") == "2", refused.out);
  BOOST_TEST(data.catlog({"import", "tmdb", folder / "movie.json"}).exit_code == 0);
  for (const char* counted : {"accepted", "unchanged"}) {
    const Ran taken = yts();
    BOOST_TEST(taken.exit_code == 0, taken.err);
    BOOST_TEST(read_row(taken.out).at(counted) != "0", taken.out);
  }
}

BOOST_AUTO_TEST_CASE(nothing_to_import_is_wrong_use) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "a.jsonl") << movie;
  const Ran ran = data.catlog({"import", "tmdb", folder.path().string()});
  BOOST_TEST(ran.exit_code == 2);
  BOOST_TEST(ran.err.find("0 of 1 files have the ending .json") != std::string::npos, ran.err);
  BOOST_TEST(has(ran.err, "none of 0 files holds what TMDB answers"), ran.err);
  BOOST_TEST(data.catlog({"import", "yts", "--language", "Klingon", folder / "a.jsonl"}).exit_code == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
