#include <boost/test/unit_test.hpp>

#include "events/model.h"
#include "events/position.h"
#include "tests/support/import_documents.h"

using namespace catlog::tests;

BOOST_AUTO_TEST_CASE(a_movie_becomes_put_movie_with_its_genres) {
  Plan plan = plan_of({{"m.json", movie}});
  BOOST_TEST(plan.problems.empty());
  auto put = find(plan, "movie 10378").getPutMovie();
  auto facts = put.getFacts();
  BOOST_TEST(facts.getTmdbId() == 10378);
  BOOST_TEST(text(facts.getTitle()) == "Big Buck Bunny");
  BOOST_TEST(text(facts.getReleaseDate()) == "2008-05-20");
  BOOST_TEST(text(facts.getPoster()) == "/p.jpg");
  BOOST_TEST(facts.hasBackdrop());
  BOOST_TEST(text(facts.getBackdrop()) == "");
  BOOST_TEST(text(facts.getImdbId()) == "tt1254207");
  BOOST_TEST(facts.getRuntime() == 10);
  BOOST_TEST(facts.getBudget() == 150000);
  BOOST_TEST(facts.getRevenue() == 0);
  BOOST_TEST(put.getRatings().getPopularity() == 12.5);
  BOOST_TEST(put.getRatings().getRating() == 6.0);
  BOOST_TEST_REQUIRE(put.getGenres().size() == 2);
  BOOST_TEST(put.getGenres()[1].getTmdbId() == 35);
  BOOST_TEST(!find(plan, "movie 10378").hasId());
}

BOOST_AUTO_TEST_CASE(the_first_translation_of_a_language_with_any_text_counts) {
  Plan plan = plan_of({{"m.json", movie}});
  BOOST_TEST(counts(plan)["putMovieTranslation"] == 2);
  auto spanish = find(plan, "movie 10378 in es").getPutMovieTranslation();
  BOOST_TEST(spanish.getMovie().getTmdbId() == 10378);
  BOOST_TEST(text(spanish.getText().getLanguage()) == "es");
  BOOST_TEST(text(spanish.getText().getTitle()) == "El conejo");
  BOOST_TEST(text(spanish.getText().getTagline()) == "Hop");
  auto german = find(plan, "movie 10378 in de").getPutMovieTranslation().getText();
  BOOST_TEST(text(german.getTitle()) == "");
  BOOST_TEST(text(german.getOverview()) == "Ein Hase.");
  BOOST_TEST(!has(plan, "movie 10378 in fr"));
}

BOOST_AUTO_TEST_CASE(null_is_absent_where_optional_and_empty_where_required) {
  Plan plan = plan_of({{"m.json", R"({"id":1,"title":" ","original_title":"Original","imdb_id":"","runtime":null})"},
                       {"n.json", R"({"id":2,"title":"T","imdb_id":null,"overview":null,"genres":null})"}});
  BOOST_TEST(plan.problems.empty());
  auto first = find(plan, "movie 1").getPutMovie().getFacts();
  BOOST_TEST(text(first.getTitle()) == "Original");
  BOOST_TEST(!first.hasImdbId());
  BOOST_TEST(first.getRuntime() == catlog::events::absent_int);
  BOOST_TEST(first.hasReleaseDate());
  auto second = find(plan, "movie 2").getPutMovie();
  BOOST_TEST(!second.getFacts().hasImdbId());
  BOOST_TEST(second.getFacts().hasOverview());
  BOOST_TEST(second.getGenres().size() == 0);
}

BOOST_AUTO_TEST_CASE(a_show_gives_its_seasons_and_texts) {
  Plan plan = plan_of({{"s.json", show}});
  BOOST_TEST(plan.problems.empty());
  auto facts = find(plan, "show 1930").getPutTvShow().getFacts();
  BOOST_TEST(text(facts.getImdbId()) == "tt0055662");
  BOOST_TEST(facts.hasTagline());
  BOOST_TEST(facts.getInProduction() == 0);
  BOOST_TEST_REQUIRE(facts.getEpisodeRunTime().size() == 2);
  BOOST_TEST(facts.getEpisodeRunTime()[1] == 30);
  BOOST_TEST(text(find(plan, "show 1930 in de").getPutTvShowTranslation().getText().getTagline()) == "Ol");
  auto specials = find(plan, "show 1930 season 0").getPutSeason();
  BOOST_TEST(specials.getTvShow().getTmdbId() == 1930);
  BOOST_TEST(text(specials.getFacts().getName()) == "Season 0");
  BOOST_TEST(specials.getFacts().getEpisodeCount() == 0);
  BOOST_TEST(specials.getFacts().hasAirDate());
  auto one = find(plan, "show 1930 season 1").getPutSeason().getFacts();
  BOOST_TEST(text(one.getName()) == "One");
  BOOST_TEST(one.getEpisodeCount() == 36);
}

BOOST_AUTO_TEST_CASE(a_season_file_adds_episodes_and_leaves_a_listed_season_alone) {
  std::string blank = R"({"show_id":1930,"season_number":1,"episode_number":2,"name":" ","runtime":25,
                          "still_path":"/e.jpg"})";
  for (bool show_first : {true, false}) {
    std::vector<Document> documents{{"a.json", show}, {"b.json", season(1, episode(1930, 1, 1) + "," + blank)}};
    if (!show_first) std::swap(documents[0], documents[1]);
    Plan plan = plan_of(documents);
    BOOST_TEST(plan.problems.empty());
    BOOST_TEST(counts(plan)["putSeason"] == 2);
    BOOST_TEST(text(find(plan, "show 1930 season 1").getPutSeason().getFacts().getName()) == "One");
    auto first = find(plan, "show 1930 season 1 episode 1").getPutEpisode();
    BOOST_TEST(first.getSeason().getTvShow().getTmdbId() == 1930);
    BOOST_TEST(first.getSeason().getSeasonNumber() == 1);
    BOOST_TEST(first.getFacts().hasOverview());
    BOOST_TEST(!first.getFacts().hasStillPath());
    BOOST_TEST(first.getFacts().getRuntime() == catlog::events::absent_int);
    auto second = find(plan, "show 1930 season 1 episode 2").getPutEpisode().getFacts();
    BOOST_TEST(text(second.getName()) == "Episode 2");
    BOOST_TEST(second.getRuntime() == 25);
    BOOST_TEST(text(second.getStillPath()) == "/e.jpg");
  }
}

BOOST_AUTO_TEST_CASE(a_season_that_no_show_lists_comes_from_its_file) {
  Plan plan = plan_of({{"s.json", season(7, episode(5, 7, 1) + "," + episode(5, 7, 2) + "," + episode(5, 7, 2))}});
  BOOST_TEST(plan.problems.empty());
  auto put = find(plan, "show 5 season 7");
  BOOST_TEST(put.getExpectedVersion() == -1);
  BOOST_TEST(text(put.getPutSeason().getFacts().getName()) == "From its file");
  BOOST_TEST(put.getPutSeason().getFacts().getEpisodeCount() == 2);
  BOOST_TEST(counts(plan)["putEpisode"] == 2);
}

BOOST_AUTO_TEST_CASE(an_episode_goes_by_its_own_show_and_season) {
  Plan plan = plan_of({{"a.json", show},
                       {"b.json", season(1, episode(1930, 1, 1) + "," + episode(1930, 1, 2) + "," + episode(99, 1, 3) +
                                                R"(,{"episode_number":4,"name":"Four"})")}});
  BOOST_TEST(plan.problems.empty());
  BOOST_TEST(has(plan, "show 99 season 1 episode 3"));
  BOOST_TEST(has(plan, "show 1930 season 1 episode 4"));
  auto stray = find(plan, "show 99 season 1");
  BOOST_TEST(stray.getExpectedVersion() == 0);
  BOOST_TEST(text(stray.getPutSeason().getFacts().getName()) == "Season 1");
  BOOST_TEST(stray.getPutSeason().getFacts().getEpisodeCount() == 1);
}

BOOST_AUTO_TEST_CASE(a_season_without_episodes_needs_a_show_that_lists_it) {
  BOOST_TEST(plan_of({{"a.json", show}, {"b.json", season(1, "")}}).problems.empty());
  check_one_problem(plan_of({{"a.json", show}, {"b.json", season(1, "", R"(,"id":4711)")}}).problems, "b.json",
                    "its show cannot be told");
}

BOOST_AUTO_TEST_CASE(the_first_of_two_counts_and_a_differing_one_is_reported) {
  std::string other = R"({"show_id":1930,"season_number":1,"episode_number":1,"name":"Other"})";
  Plan plan = plan_of({{"a.json", season(1, episode(1930, 1, 1))}, {"b.json", season(1, other)}});
  check_one_problem(plan.problems, "b.json", "show 1930 season 1 episode 1 is there twice");
  BOOST_TEST(text(find(plan, "show 1930 season 1 episode 1").getPutEpisode().getFacts().getName()) == "Name 1");
  BOOST_TEST(plan_of({{"a.json", movie}, {"b.json", movie}}).problems.empty());
  check_one_problem(plan_of({{"a.json", R"({"id":1,"title":"A","imdb_id":"tt1"})"},
                             {"b.json", R"({"id":1,"title":"B","imdb_id":"tt1"})"}})
                        .problems,
                    "b.json", "movie 1 is there twice");
}

BOOST_AUTO_TEST_CASE(the_language_of_a_genre_list_is_in_its_files_name) {
  BOOST_TEST(genre_language("x/movie-es.json") == "es");
  BOOST_TEST(genre_language("tv-en.json") == "en");
  BOOST_TEST(genre_language("a-fr/genres.json") == "en");
  BOOST_TEST(genre_language("genre-tv.json") == "en");
  BOOST_TEST(genre_language("movie-es-MX.json") == "es");
  BOOST_TEST(genre_language("movie-list.json") == "en");
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

BOOST_AUTO_TEST_CASE(owners_come_before_what_refers_to_them) {
  Plan plan = plan_of({{"a.json", season(1, episode(1930, 1, 1))}, {"b.json", show}, {"c.json", movie}});
  std::vector<std::string> order{"putGenre",  "putMovie",  "putMovieTranslation", "putTvShow", "putTvShowTranslation",
                                 "putSeason", "putEpisode"};
  size_t at = 0;
  for (const Planned& planned : plan.commands) {
    while (at < order.size() && order[at] != planned.name()) ++at;
    BOOST_TEST_REQUIRE(at < order.size(), planned.name() << " is out of order");
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_imported_is_a_problem_and_the_rest_goes_on) {
  struct Case {
    std::string json, part;
  };
  for (const Case& bad : std::vector<Case>{
           {"[1]", "no JSON object"},
           {"\"text\"", "no JSON object"},
           {"{}", "neither a movie"},
           {R"({"success":false,"status_code":34,"status_message":"gone"})", "an error that TMDB answered"},
           {R"({"results":[],"page":1})", "neither a movie"},
           {R"({"title":"T","imdb_id":null})", "no `id`"},
           {R"({"id":"5","title":"T","imdb_id":null})", "`id` is no integer"},
           {R"({"id":1.5,"title":"T","imdb_id":null})", "`id` is no integer"},
           {R"({"id":5,"title":"","imdb_id":null})", "has no title"},
           {R"({"id":5,"title":7,"imdb_id":null})", "`title` is no text"},
           {R"({"id":5,"title":"a\u0000b","imdb_id":null})", "NUL"},
           {R"({"id":5,"title":"T","imdb_id":null,"runtime":"10"})", "`runtime` is no integer"},
           {R"({"id":5,"title":"T","imdb_id":null,"popularity":[]})", "`popularity` is no finite number"},
           {R"({"id":5,"title":"T","imdb_id":null,"genres":{}})", "`genres` is no array"},
           {R"({"id":5,"title":"T","imdb_id":null,"translations":[]})", "`translations` is no object"},
           {R"({"name":"N","seasons":[]})", "no `id`"},
           {R"({"id":5,"name":"N","seasons":{}})", "`seasons` is no array"},
           {R"({"id":5,"name":null,"seasons":[]})", "has no name"},
           {R"({"id":5,"name":"N","seasons":[],"in_production":1})", "`in_production` is no true or false"},
           {R"({"id":5,"name":"N","seasons":[],"episode_run_time":["x"]})", "episode_run_time"},
           {R"({"id":5,"name":"N","seasons":[{"name":"S"}]})", "no `season_number`"},
           {R"({"id":5,"name":"N","seasons":[3]})", "no `season_number`"},
           {R"({"id":5,"name":"N","seasons":[{"season_number":1,"air_date":5}]})", "`air_date` is no text"},
           {R"({"episodes":7})", "`episodes` is no array"},
           {R"({"episodes":[7]})", "no object"},
           {season(1, episode(1930, 1, 1) + R"(,{"show_id":1930,"name":"x"})"), "no `episode_number`"},
           {R"({"episodes":[{"episode_number":1}]})", "neither it nor its file"},
           {R"({"genres":[{"name":"x"}]})", "a genre is left out"},
           {R"({"genres":["x"]})", "a genre is left out"},
           {R"({"id":5,"title":"T","imdb_id":null,"translations":{"translations":[{"data":{"title":"x"}}]}})",
            "is no language"},
       }) {
    Plan plan = plan_of({{"bad.json", bad.json}, {"good.json", movie}});
    BOOST_TEST_CONTEXT(bad.json) {
      BOOST_TEST_REQUIRE(!plan.problems.empty());
      BOOST_TEST(plan.problems[0].file == "bad.json");
      BOOST_TEST(plan.problems[0].reason.find(bad.part) != std::string::npos, plan.problems[0].reason);
      BOOST_TEST(has(plan, "movie 10378"));
    }
  }
}

BOOST_AUTO_TEST_CASE(several_documents_may_stand_in_one_file) {
  Plan plan = plan_of({{"all.json", "[" + movie + "," + show + "," + season(1, episode(1930, 1, 1)) + ", 5]"}});
  check_one_problem(plan.problems, "all.json", "no JSON object");
  BOOST_TEST(has(plan, "movie 10378"));
  BOOST_TEST(has(plan, "show 1930 season 1 episode 1"));
}
