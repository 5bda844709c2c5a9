#include <boost/test/unit_test.hpp>

#include "events/position.h"
#include "events/schema/model.h"
#include "tests/support/import_documents.h"

BOOST_AUTO_TEST_SUITE(import_genres_test)

using namespace catlog::tests;

BOOST_AUTO_TEST_CASE(the_language_of_a_genre_list_is_in_its_files_or_folders_name) {
  const auto language = [](const char* file) {
    auto found = genre_language(file);
    return found ? found->code + (found->region.empty() ? "" : "-" + found->region) : "none";
  };
  for (const auto& [file, expected] :
       std::map<const char*, const char*>{{"x/movie-es.json", "es"},      {"tv-en.json", "en"},
                                          {"movie-es-MX.json", "es-MX"},  {"genres.fr.json", "fr"},
                                          {"genres_fr.JSON.gz", "fr"},    {"list-zh-Hans.json", "zh-HANS"},
                                          {"movie-pt-br.json", "pt-BR"},  {"fr.json", "fr"},
                                          {"movie-french.json", "fr"},    {"list.fre.json", "fr"},
                                          {"fr/genres.json", "fr"},       {"pt-BR/genre/tv.json", "pt-BR"},
                                          {"japanese/tv.json", "ja"},     {"fr/movie-es.json", "es"},
                                          {"a-fr/genres.json", "none"},   {"genre-tv.json", "none"},
                                          {"movie-list.json", "none"},    {"movie-list-tlh.json", "none"},
                                          {"fr/a/b/genres.json", "none"}, {"movie-en-list.json", "none"},
                                          {"genres.json", "none"}})
    BOOST_TEST(language(file) == expected, file << ": " << language(file));
}

// A list in another language than its file's name says once gave its names to all genres.
BOOST_AUTO_TEST_CASE(a_genre_list_of_unknown_language_names_nothing_that_is_known) {
  const std::string french = R"({"genres":[{"id":27,"name":"Horreur"},{"id":4711,"name":"Neuf"}]})";
  Plan plan = plan_of({{"genres.json", french}});
  check_one_problem(plan.problems, "genres.json", "cannot be told by \"Horreur\"");
  BOOST_TEST(text(find(plan, "genre 27").getPutGenre().getFacts().getName()) == "Horror");
  BOOST_TEST(text(find(plan, "genre 4711").getPutGenre().getFacts().getName()) == "Neuf");
  for (auto what : {"genre 27", "genre 4711"}) BOOST_TEST(find(plan, what).getExpectedVersion() == 0);
  BOOST_TEST(counts(plan)["putGenreTranslation"] == 0);

  Plan asked = plan_of({{"genres.json", french}}, read_language("fr"));
  BOOST_TEST(asked.problems.empty());
  BOOST_TEST(text(find(asked, "genre 27 in fr").getPutGenreTranslation().getText().getName()) == "Horreur");
  BOOST_TEST(find(asked, "genre 27").getExpectedVersion() == 0);
}

// A folder of somebody whose name is a language's code.
BOOST_AUTO_TEST_CASE(a_list_of_english_names_is_english_wherever_it_lies) {
  std::string english;
  for (int64_t id : {12, 14, 16, 18, 27, 28, 35, 36, 37, 53, 80, 99})
    english += fmt::format(R"({}{{"id":{},"name":"{}"}})", english.empty() ? "" : ",", id, english_genre(id));
  english = R"({"genres":[)" + english + "]}";
  Plan plan = plan_of({{"bo/genres.json", english}});
  check_one_problem(plan.problems, "bo/genres.json", "taken as English");
  BOOST_TEST(find(plan, "genre 27").getExpectedVersion() == -1);
  // What two languages share by chance tells neither.
  plan = plan_of({{"movie-es.json", R"({"genres":[{"id":18,"name":"Drama"}]})"}});
  BOOST_TEST(plan.problems.empty());
  BOOST_TEST(text(find(plan, "genre 18 in es").getPutGenreTranslation().getText().getName()) == "Drama");
}

BOOST_AUTO_TEST_CASE(another_regions_genre_list_stands_behind_the_languages_own) {
  const auto list = [](const char* name) { return fmt::format(R"({{"genres":[{{"id":27,"name":"{}"}}]}})", name); };
  Plan plan = plan_of({{"movie-es-MX.json", list("Miedo")}, {"movie-es.json", list("Terror")}});
  BOOST_TEST(plan.problems.empty());
  BOOST_TEST(text(find(plan, "genre 27 in es").getPutGenreTranslation().getText().getName()) == "Terror");
  BOOST_TEST(find(plan, "genre 27 in es").getExpectedVersion() == -1);
  BOOST_TEST_REQUIRE(plan.left.size() == 1);
  BOOST_TEST((plan.left[0].weight == Weight::other_region));
  BOOST_TEST(plan.left[0].file == "movie-es-MX.json");
  BOOST_TEST(plan.left[0].detail == "\"Miedo\"");
  // The language's own counts also where another region's, which came first, says the same.
  const Plan same = plan_of({{"movie-es-AR.json", list("Terror")}, {"movie-es.json", list("Terror")}});
  BOOST_TEST(find(same, "genre 27 in es").getExpectedVersion() == -1);
  BOOST_TEST(same.left.empty());
  const Plan british = plan_of({{"movie-en-GB.json", list("Frights")}});
  BOOST_TEST(text(find(british, "genre 27").getPutGenre().getFacts().getName()) == "Horror");
  BOOST_TEST_REQUIRE(british.left.size() == 1);
  BOOST_TEST(british.left[0].detail == "\"Frights\"");
  BOOST_TEST(find(plan_of({{"movie-es-MX.json", list("Miedo")}}), "genre 27 in es").getExpectedVersion() == 0);
  check_one_problem(plan_of({{"movie-es.json", list("A")}, {"tv-es.json", list("B")}}).problems, "tv-es.json",
                    "genre 27 is \"B\" here; the name in movie-es.json counts");
}

BOOST_AUTO_TEST_CASE(english_names_a_genre_and_other_languages_translate_it) {
  Plan plan = plan_of({{"list-es.json", R"({"genres":[{"id":16,"name":"Animación"},{"id":7,"name":"Solo"}]})"},
                       {"list.json", R"({"genres":[{"id":16,"name":"Animation"}]})"},
                       {"movie.json", R"({"id":1,"title":"T","imdb_id":null,"genres":[{"id":9,"name":"Rare"},
                                          {"id":16,"name":"Zeichentrick"},{"id":10}]})"}});
  BOOST_TEST(plan.problems.empty());
  auto english = find(plan, "genre 16");
  BOOST_TEST(text(english.getPutGenre().getFacts().getName()) == "Animation");
  BOOST_TEST(english.getExpectedVersion() == -1);
  auto spanish = find(plan, "genre 16 in es").getPutGenreTranslation();
  BOOST_TEST(spanish.getGenre().getTmdbId() == 16);
  BOOST_TEST(text(spanish.getText().getName()) == "Animación");
  BOOST_TEST(text(find(plan, "genre 7").getPutGenre().getFacts().getName()) == "Solo");
  BOOST_TEST(text(find(plan, "genre 9").getPutGenre().getFacts().getName()) == "Rare");
  BOOST_TEST(text(find(plan, "genre 10").getPutGenre().getFacts().getName()) == "Genre 10");
  // What is in the catalogue already keeps its name.
  for (auto what : {"genre 7", "genre 9", "genre 10"}) BOOST_TEST(find(plan, what).getExpectedVersion() == 0);
  BOOST_TEST(counts(plan)["putGenre"] == 4);
}

BOOST_AUTO_TEST_SUITE_END()
