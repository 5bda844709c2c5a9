#include <boost/test/unit_test.hpp>

#include "events/position.h"
#include "events/schema/model.h"
#include "tests/support/import_documents.h"

BOOST_AUTO_TEST_SUITE(import_tmdb_test)

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

BOOST_AUTO_TEST_CASE(each_field_of_a_translation_is_of_the_first_region_that_has_it) {
  Plan plan = plan_of({{"m.json", movie}});
  BOOST_TEST(counts(plan)["putMovieTranslation"] == 2);
  auto spanish = find(plan, "movie 10378 in es").getPutMovieTranslation();
  BOOST_TEST(spanish.getMovie().getTmdbId() == 10378);
  BOOST_TEST(text(spanish.getText().getLanguage()) == "es");
  BOOST_TEST(text(spanish.getText().getTitle()) == "Otro");
  BOOST_TEST(text(spanish.getText().getOverview()) == "x");
  BOOST_TEST(text(spanish.getText().getTagline()) == "Hop");
  auto german = find(plan, "movie 10378 in de").getPutMovieTranslation().getText();
  BOOST_TEST(text(german.getTitle()) == "");
  BOOST_TEST(text(german.getOverview()) == "Ein Hase.");
  BOOST_TEST(!has(plan, "movie 10378 in fr"));
}

// A region that says less once hid one that says more, and the document's order decided.
BOOST_AUTO_TEST_CASE(regions_complete_each_other_in_one_order) {
  const auto entry = [](const std::string& language, const std::string& region, const std::string& texts) {
    return fmt::format(R"({{"iso_639_1":"{}","iso_3166_1":"{}","data":{{{}}}}})", language, region, texts);
  };
  std::vector<std::string> entries{entry("pt", "BR", R"("title":"Filme","overview":"Sinopse","tagline":"B")"),
                                   entry("pt", "PT", R"("title":"","overview":" ","tagline":"P")"),
                                   entry("por", "AO", R"("title":"Outro","overview":"Angola","tagline":"")"),
                                   entry("zh", "TW", R"("title":"T","overview":"O","tagline":"")"),
                                   entry("Chinese", "HK", R"("title":"H","overview":"","tagline":"")"),
                                   entry("zh-Hans", "", R"("title":"S","overview":"","tagline":"")")};
  std::ranges::sort(entries);
  do {
    std::string list;
    for (const std::string& one : entries) list += (list.empty() ? "" : ",") + one;
    Plan plan =
        plan_of({{"m.json", R"({"id":1,"title":"T","imdb_id":null,"translations":{"translations":[)" + list + "]}}"}});
    BOOST_TEST_REQUIRE(plan.problems.empty());
    auto portuguese = find(plan, "movie 1 in pt").getPutMovieTranslation().getText();
    BOOST_TEST_REQUIRE(text(portuguese.getTitle()) == "Outro");
    BOOST_TEST_REQUIRE(text(portuguese.getOverview()) == "Angola");
    BOOST_TEST_REQUIRE(text(portuguese.getTagline()) == "P");
    auto chinese = find(plan, "movie 1 in zh").getPutMovieTranslation().getText();
    BOOST_TEST_REQUIRE(text(chinese.getTitle()) == "S");
    BOOST_TEST_REQUIRE(text(chinese.getOverview()) == "O");
    // BR, HK and TW have a title that stays out.
    BOOST_TEST_REQUIRE((plan.left_out == LeftOut{{"translations of movies into a further region's language", 3}}));
  } while (std::ranges::next_permutation(entries).found);
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

BOOST_AUTO_TEST_CASE(a_season_that_no_show_lists_comes_from_its_document) {
  Plan plan = plan_of({{"s.json", season(7, episode(5, 7, 1) + "," + episode(5, 7, 2) + "," + episode(5, 7, 2))}});
  BOOST_TEST(plan.problems.empty());
  auto put = find(plan, "show 5 season 7");
  BOOST_TEST(put.getExpectedVersion() == 0);  // the show's document may be in the catalogue, and counts
  BOOST_TEST(text(put.getPutSeason().getFacts().getName()) == "From its file");
  BOOST_TEST(put.getPutSeason().getFacts().getEpisodeCount() == 2);
  BOOST_TEST(counts(plan)["putEpisode"] == 2);
  auto unknown = find(plan, "show 5");
  BOOST_TEST(unknown.getExpectedVersion() == 0);
  BOOST_TEST(text(unknown.getPutTvShow().getFacts().getName()) == "Show 5");
}

BOOST_AUTO_TEST_CASE(what_a_show_lists_counts_and_what_its_seasons_say_otherwise_is_noted) {
  Plan plan = plan_of({{"a.json", season(1, episode(1930, 1, 1))}, {"b.json", show}});
  BOOST_TEST(plan.problems.empty());
  BOOST_TEST(find(plan, "show 1930 season 1").getExpectedVersion() == -1);
  BOOST_TEST(text(find(plan, "show 1930 season 1").getPutSeason().getFacts().getName()) == "One");
  BOOST_TEST_REQUIRE(plan.left.size() == 1);
  BOOST_TEST(plan.left[0].file == "a.json");
  BOOST_TEST(!has(plan_of({{"b.json", show}}), "show 1930 season 1 episode 1"));
}

// append_to_response=season/1,season/2 once brought nothing, and nobody was told.
BOOST_AUTO_TEST_CASE(seasons_that_are_appended_to_a_show_are_imported) {
  std::string appended = show;
  appended.insert(appended.size() - 1,
                  R"(,"season/1":)" + season(1, episode(1930, 1, 1)) + R"(,"season/7":)" +
                      season(7, R"({"episode_number":3,"name":"Three"})") +
                      R"(,"season/8":{"success":false},"season/9":null,"season/1/images":{"a":1})");
  Plan plan = plan_of({{"s.json", appended}});
  BOOST_TEST(has(plan, "show 1930 season 1 episode 1"));
  BOOST_TEST(has(plan, "show 1930 season 7 episode 3"));
  BOOST_TEST(find(plan, "show 1930 season 7").getExpectedVersion() == 0);
  check_one_problem(plan.problems, "s.json", "show 1930 season 8 is left out: `season/8` is no season but");
  BOOST_TEST(plan.left_out.at("`season/N/images` of shows") == 1);
}

BOOST_AUTO_TEST_CASE(an_episode_of_another_season_is_left_out_and_reported) {
  Plan plan = plan_of({{"a.json", show},
                       {"b.json", season(1, episode(1930, 1, 1) + "," + episode(1930, 1, 2) + "," + episode(99, 1, 3) +
                                                R"(,{"episode_number":4,"name":"Four"})")}});
  check_one_problem(plan.problems, "b.json",
                    "show 99 season 1 episode 3 is left out: `episodes[2]` stands in a document "
                    "of show 1930 season 1");
  BOOST_TEST(!has(plan, "show 99 season 1"));
  BOOST_TEST(has(plan, "show 1930 season 1 episode 4"));
}

BOOST_AUTO_TEST_CASE(a_seasons_show_is_told_by_its_episodes_or_its_place_or_the_shows_list) {
  const std::string without_show = season(1, R"({"episode_number":1,"name":"x"})");
  BOOST_TEST(has(plan_of({{"x/tv/1930/season/1.json", without_show}}), "show 1930 season 1 episode 1"));
  BOOST_TEST(has(plan_of({{"a.json", show}, {"b.json", without_show}}), "show 1930 season 1 episode 1"));
  check_one_problem(plan_of({{"b.json", without_show}}).problems, "b.json",
                    "a season with 1 episodes is left out: its show or number cannot be told");
  BOOST_TEST(plan_of({{"a.json", show}, {"b.json", season(1, "")}}).problems.empty());
  check_one_problem(plan_of({{"a.json", show}, {"b.json", season(1, "", R"(,"id":4711)")}}).problems, "b.json",
                    "cannot be told");
}

// A document with less in it once emptied what a fuller one had said.
BOOST_AUTO_TEST_CASE(an_incomplete_document_only_creates) {
  const std::string less = R"({"id":10378,"title":"Bunny","imdb_id":null})";
  BOOST_TEST(find(plan_of({{"m.json", less}}), "movie 10378").getExpectedVersion() == 0);
  BOOST_TEST(!find(plan_of({{"m.json", less}}), "movie 10378").getPutMovie().hasRatings());
  BOOST_TEST(!find(plan_of({{"m.json", less}}), "movie 10378").getPutMovie().hasGenres());
  for (auto files : {std::pair("a.json", "b.json"), std::pair("b.json", "a.json")}) {
    std::vector<Document> documents{{files.first, less}, {files.second, movie}};
    std::ranges::sort(documents, {}, &Document::file);
    Plan plan = plan_of(documents);
    BOOST_TEST(plan.problems.empty());
    BOOST_TEST(text(find(plan, "movie 10378").getPutMovie().getFacts().getTitle()) == "Big Buck Bunny");
    BOOST_TEST(find(plan, "movie 10378").getExpectedVersion() == -1);
    BOOST_TEST_REQUIRE(plan.left.size() == 1);
    BOOST_TEST(plan.left[0].detail == "it has no `overview`, `release_date`, `poster_path` and 7 more");
  }
}

// A blank name once took a real one's place.
BOOST_AUTO_TEST_CASE(an_episode_without_a_name_takes_nobodys_place) {
  std::string unnamed = episode(1930, 1, 1);
  unnamed.replace(unnamed.find("Name 1"), 6, " ");
  const Plan plan = plan_of({{"s.json", season(1, unnamed + "," + episode(1930, 1, 2))}});
  BOOST_TEST(text(find(plan, "show 1930 season 1 episode 1").getPutEpisode().getFacts().getName()) == "Episode 1");
  BOOST_TEST(find(plan, "show 1930 season 1 episode 1").getExpectedVersion() == 0);
  BOOST_TEST(find(plan, "show 1930 season 1 episode 2").getExpectedVersion() == -1);
}

// A season's document that came first left "Show N" for ever.
BOOST_AUTO_TEST_CASE(an_incomplete_show_takes_the_place_of_an_unknown_one_only) {
  Plan plan = plan_of({{"s.json", R"({"id":5,"name":"Five","first_air_date":"","seasons":[]})"}});
  BOOST_TEST(find(plan, "show 5").getExpectedVersion() == 0);
  const auto shows = std::ranges::find(plan.commands, "show 5", &Planned::what);
  BOOST_TEST_REQUIRE(shows->otherwise());
  const auto batch = std::as_const(*shows->otherwise()).command();
  BOOST_TEST(batch.getExpectedVersion() == -1);
  const auto members = batch.getBatch().getCommands();
  BOOST_TEST_REQUIRE(members.size() == 2u);
  BOOST_TEST(text(members[0].getPutTvShow().getFacts().getName()) == "Show 5");
  BOOST_TEST(members[0].getExpectedVersion() == -1);
  BOOST_TEST(text(members[1].getPutTvShow().getFacts().getName()) == "Five");
  BOOST_TEST(members[1].getExpectedVersion() == 1);

  Plan whole = plan_of({{"a.json", show}});
  BOOST_TEST(!std::ranges::find(whole.commands, "show 1930", &Planned::what)->otherwise());
}

BOOST_AUTO_TEST_CASE(what_has_no_place_in_the_catalogue_is_counted_by_its_name) {
  std::string more = movie;
  more.insert(more.size() - 1, R"(,"credits":{"cast":[1]},"videos":{},"keywords":[],"adult":false,"homepage":"x")");
  std::string other = more;
  other.replace(other.find("10378"), 5, "10379");
  Plan plan = plan_of({{"m.json", more}, {"n.json", other}});
  BOOST_TEST(plan.problems.empty());
  // The title that MX has in Spanish, beside AR's.
  BOOST_TEST((plan.left_out ==
              LeftOut{{"`credits` of movies", 2}, {"translations of movies into a further region's language", 2}}));
}

BOOST_AUTO_TEST_CASE(the_first_of_two_counts_and_a_differing_one_is_reported) {
  std::string other = episode(1930, 1, 1);
  other.replace(other.find("Name 1"), 6, "Other");
  Plan plan = plan_of({{"a.json", season(1, episode(1930, 1, 1))}, {"b.json", season(1, other)}});
  check_one_problem(plan.problems, "b.json", "show 1930 season 1 episode 1 is there twice");
  BOOST_TEST(text(find(plan, "show 1930 season 1 episode 1").getPutEpisode().getFacts().getName()) == "Name 1");
  BOOST_TEST(plan_of({{"a.json", movie}, {"b.json", movie}}).problems.empty());
  check_one_problem(plan_of({{"a.json", R"({"id":1,"title":"A","imdb_id":"tt1"})"},
                             {"b.json", R"({"id":1,"title":"B","imdb_id":"tt1"})"}})
                        .problems,
                    "b.json", "movie 1 is there twice");
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
           {R"({"id":5,"name":"N","seasons":[{"season_number":1,"air_date":5}]})",
            "`seasons[0].air_date` is no text but 5"},
           {R"({"episodes":7})", "`episodes` is no array"},
           {R"({"episodes":[7]})", "no object"},
           {season(1, episode(1930, 1, 1) + R"(,{"show_id":1930,"name":"x"})"), "no `episode_number`"},
           {R"({"episodes":[{"episode_number":1}]})", "cannot be told"},
           {R"({"genres":[{"name":"x"}]})", "a genre is left out"},
           {R"({"genres":["x"]})", "a genre is left out"},
           {R"({"id":5,"title":"T","imdb_id":null,"translations":{"translations":[{"data":{"title":"x"}}]}})",
            "there is no `translations.translations[0].iso_639_1`"},
           {R"({"id":5,"title":"T","imdb_id":null,"translations":{"translations":[{"iso_639_1":"xx","data":{}}]}})",
            "`translations.translations[0].iso_639_1` is no language that is known but \"xx\""},
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

BOOST_AUTO_TEST_SUITE_END()
