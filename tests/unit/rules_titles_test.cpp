#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_titles_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

const std::string no_movie = movie_ref(99999), no_show = show_ref(99999);

Fields movie_text() {
  return {{"movie", movie_ref()}, {"language", "\"es\""}, {"title", "\"El gran conejo\""}, {"overview", "\"\""}};
}
Fields show_text() {
  return {{"tvShow", show_ref()}, {"language", "\"de\""}, {"name", "\"Die Serie\""}, {"overview", "\"\""}};
}
Fields genre_text() { return {{"genre", "{\"tmdbId\":16}"}, {"language", "\"ja\""}, {"name", "\"アニメ\""}}; }

std::string genres(std::string_view list) { return fmt::format("[{}]", list); }

// What is wrong with a rating, a day, a text, …, whatever it belongs to.
std::vector<WrongField> wrong_numbers(const std::string& name) { return {{name, "-1"}, {name, "-0.001"}}; }

const std::vector<std::string> wrong_days = {
    "\"1999-02-29\"",           "\"1999-13-01\"", "\"1999-3-31\"", "\"31.03.1999\"",
    "\"1999-03-31T00:00:00Z\"", "\"1999\"",       "\" \"",         "null"};

std::vector<WrongField> with_wrong_days(const std::string& name, std::vector<WrongField> others) {
  for (const auto& day : wrong_days) others.push_back({name, day});
  return others;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(titles, Catalogue)

BOOST_AUTO_TEST_CASE(a_movie_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(movie_fields(1000), "putMovie",
                                    with_wrong_days("releaseDate", {{"tmdbId", ""},
                                                                    {"tmdbId", "null"},
                                                                    {"tmdbId", "0"},
                                                                    {"tmdbId", "-603"},
                                                                    {"title", ""},
                                                                    {"title", "null"},
                                                                    {"title", "\"\""},
                                                                    {"title", "\" \\t\\n\""},
                                                                    {"overview", ""},
                                                                    {"overview", "null"},
                                                                    {"releaseDate", ""},
                                                                    {"poster", ""},
                                                                    {"poster", "null"},
                                                                    {"backdrop", ""},
                                                                    {"runtime", "-1"},
                                                                    {"budget", "-1"},
                                                                    {"revenue", "-1"},
                                                                    {"popularity", "-0.5"},
                                                                    {"rating", "-0.5"}})));
}

BOOST_AUTO_TEST_CASE(a_known_movie_is_judged_like_a_new_one) {
  check_refused(*this, each_invalid(movie_fields(), "putMovie",
                                    {{"title", "\" \""}, {"releaseDate", "\"soon\""}, {"rating", "-1"}}));
}

BOOST_AUTO_TEST_CASE(a_show_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(tv_show_fields(1000), "putTvShow",
                                    with_wrong_days("firstAirDate", {{"tmdbId", "0"},
                                                                     {"tmdbId", ""},
                                                                     {"name", "\"  \""},
                                                                     {"name", ""},
                                                                     {"overview", "null"},
                                                                     {"poster", ""},
                                                                     {"backdrop", ""},
                                                                     {"status", "null"},
                                                                     {"tagline", ""},
                                                                     {"type", ""},
                                                                     {"inProduction", ""},
                                                                     {"inProduction", "null"},
                                                                     {"episodeRunTime", "[0]"},
                                                                     {"episodeRunTime", "[25,-1]"},
                                                                     {"popularity", "-1"},
                                                                     {"rating", "-1"}})));
}

BOOST_AUTO_TEST_CASE(a_season_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(season_fields(2), "putSeason",
                                    with_wrong_days("airDate", {{"seasonNumber", ""},
                                                                {"seasonNumber", "null"},
                                                                {"seasonNumber", "-1"},
                                                                {"name", "\"\""},
                                                                {"overview", "null"},
                                                                {"episodeCount", ""},
                                                                {"episodeCount", "-1"},
                                                                {"poster", "null"}})));
}

BOOST_AUTO_TEST_CASE(an_episode_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(episode_fields(2), "putEpisode",
                                    with_wrong_days("airDate", {{"episodeNumber", ""},
                                                                {"episodeNumber", "-1"},
                                                                {"name", "\" \""},
                                                                {"overview", ""},
                                                                {"runtime", "-1"}})));
}

BOOST_AUTO_TEST_CASE(a_genre_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(genre_fields(99), "putGenre",
                                    {{"tmdbId", ""}, {"tmdbId", "-5"}, {"name", ""}, {"name", "\" \""}}));
}

BOOST_AUTO_TEST_CASE(a_translation_needs_a_language_and_texts) {
  std::vector<WrongField> languages;
  for (auto raw : {"", "null", "\"\"", "\"e\"", "\"spa\"", "\"es1\"", "\"e1\"", "\"1-MX\"", "\"é\"", "\"Spanish\""})
    languages.push_back({"language", raw});
  check_refused(*this, each_invalid(movie_text(), "putMovieTranslation", languages));
  check_refused(*this, each_invalid(show_text(), "putTvShowTranslation", languages));
  check_refused(*this, each_invalid(genre_text(), "putGenreTranslation", languages));
  check_refused(*this, each_invalid(movie_text(), "putMovieTranslation",
                                    {{"title", ""}, {"title", "null"}, {"overview", ""}, {"overview", "null"}}));
  check_refused(*this, each_invalid(show_text(), "putTvShowTranslation", {{"name", ""}, {"overview", "null"}}));
  check_refused(*this, each_invalid(genre_text(), "putGenreTranslation", {{"name", ""}, {"name", "null"}}));
}

BOOST_AUTO_TEST_CASE(ratings_are_finite_and_not_negative) {
  Fields movie{{"movie", movie_ref()}}, show{{"tvShow", show_ref()}};
  for (auto name : {"popularity", "rating"}) {
    check_refused(*this, each_invalid(movie, "rateMovie", wrong_numbers(name)));
    check_refused(*this, each_invalid(show, "rateTvShow", wrong_numbers(name)));
  }
}

BOOST_AUTO_TEST_CASE(what_is_named_must_be_there) {
  auto lost_genre = genres("{\"tmdbId\":16},{\"tmdbId\":12345}");
  check_refused(
      *this,
      {{Fields{{"movie", no_movie}, {"rating", "1"}}.as("rateMovie"), "notFound movie"},
       {Fields{{"movie", "{\"id\":77}"}}.as("removeMovie"), "notFound movie"},
       {Fields{{"movie", "{\"imdbId\":\"tt0\"}"}}.as("removeMovie"), "notFound movie"},
       {Fields{{"movie", "{\"createdBy\":\"01936b2e-8c00-7000-8000-000000000001\"}"}}.as("removeMovie"),
        "notFound movie"},
       {Fields{{"movie", no_movie}, {"genres", "[]"}}.as("assignMovieGenres"), "notFound movie"},
       {Fields{{"movie", movie_ref()}, {"genres", lost_genre}}.as("assignMovieGenres"), "notFound genres[1]"},
       {movie_fields().with("genres", lost_genre).as("putMovie"), "notFound genres[1]"},
       {movie_fields(1000).with("genres", lost_genre).as("putMovie"), "notFound genres[1]"},
       {tv_show_fields(1000).with("genres", lost_genre).as("putTvShow"), "notFound genres[1]"},
       {movie_text().with("movie", no_movie).as("putMovieTranslation"), "notFound movie"},
       {movie_text().without("title").without("overview").as("removeMovieTranslation"), "notFound language"},
       {Fields{{"movie", no_movie}, {"language", "\"es\""}}.as("removeMovieTranslation"), "notFound movie"},
       {Fields{{"tvShow", no_show}, {"rating", "1"}}.as("rateTvShow"), "notFound tvShow"},
       {Fields{{"tvShow", no_show}}.as("removeTvShow"), "notFound tvShow"},
       {Fields{{"tvShow", show_ref()}, {"genres", lost_genre}}.as("assignTvShowGenres"), "notFound genres[1]"},
       {show_text().with("tvShow", no_show).as("putTvShowTranslation"), "notFound tvShow"},
       {Fields{{"tvShow", show_ref()}, {"language", "\"de\""}}.as("removeTvShowTranslation"), "notFound language"},
       {Fields{{"genre", "{\"tmdbId\":12345}"}}.as("removeGenre"), "notFound genre"},
       {genre_text().with("genre", "{\"tmdbId\":12345}").as("putGenreTranslation"), "notFound genre"},
       {Fields{{"genre", "{\"id\":1}"}, {"language", "\"ja\""}}.as("removeGenreTranslation"), "notFound language"}});
}

BOOST_AUTO_TEST_CASE(seasons_are_under_shows_and_episodes_under_seasons) {
  check_refused(
      *this,
      {{season_fields(2, 99999).as("putSeason"), "notFound tvShow"},
       {season_fields(2).without("tvShow").as("putSeason"), "invalid tvShow"},
       {episode_fields(1, 7).as("putEpisode"), "notFound season"},
       {episode_fields(1, 1, 99999).as("putEpisode"), "notFound season.tvShow"},
       {episode_fields().without("season").as("putEpisode"), "invalid season"},
       {Fields{{"season", season_ref(7)}}.as("removeSeason"), "notFound season"},
       {Fields{{"episode", fmt::format("{{\"season\":{},\"episodeNumber\":7}}", season_ref())}}.as("removeEpisode"),
        "notFound episode"},
       {Fields{{"episode", fmt::format("{{\"season\":{},\"episodeNumber\":1}}", season_ref(7))}}.as("removeEpisode"),
        "notFound episode.season"}});
}

BOOST_AUTO_TEST_CASE(a_reference_names_in_exactly_one_way) {
  auto movie = [](std::string_view ref) { return fmt::format("{{\"removeMovie\":{{\"movie\":{}}}}}", ref); };
  auto season = [](std::string_view ref) { return fmt::format("{{\"removeSeason\":{{\"season\":{}}}}}", ref); };
  auto episode = [](std::string_view ref) { return fmt::format("{{\"removeEpisode\":{{\"episode\":{}}}}}", ref); };
  check_refused(*this,
                {{movie("{}"), "invalid movie"},
                 {"{\"removeMovie\":{}}", "invalid movie"},
                 {movie("{\"id\":1,\"tmdbId\":603}"), "invalid movie"},
                 {movie("{\"tmdbId\":603,\"imdbId\":\"tt1\"}"), "invalid movie"},
                 {movie("{\"id\":1,\"createdBy\":\"01936b2e-8c00-7000-8000-000000000001\"}"), "invalid movie"},
                 {movie("{\"createdBy\":\"not a uuid\"}"), "invalid movie"},
                 {movie("{\"tmdbId\":null}"), "invalid movie"},
                 {season("{\"seasonNumber\":1}"), "invalid season.tvShow"},
                 {season("{\"tvShow\":{\"tmdbId\":1930}}"), "invalid season.seasonNumber"},
                 {season("{\"tvShow\":{},\"seasonNumber\":1}"), "invalid season.tvShow"},
                 {season("{\"id\":1,\"tvShow\":{\"tmdbId\":1930},\"seasonNumber\":1}"), "invalid season"},
                 {episode("{\"episodeNumber\":1}"), "invalid episode.season"},
                 {episode("{\"season\":{\"id\":1}}"), "invalid episode.episodeNumber"},
                 {movie_fields().with("genres", "[{\"tmdbId\":16,\"id\":1}]").as("putMovie"), "invalid genres[0]"},
                 {movie_fields().with("genres", "[{}]").as("putMovie"), "invalid genres[0]"}});
}

BOOST_AUTO_TEST_CASE(an_imdb_id_that_several_movies_have_names_none) {
  accept(movie_fields(1).with("imdbId", "\"tt7\"").as("putMovie"));
  accept("{\"rateMovie\":{\"movie\":{\"imdbId\":\"tt7\"},\"rating\":3}}");
  accept(movie_fields(2).with("imdbId", "\"tt7\"").as("putMovie"));
  check_refused(*this, {{"{\"rateMovie\":{\"movie\":{\"imdbId\":\"tt7\"},\"rating\":4}}", "invalid movie"}});
  // Once one of the two is called otherwise, it names the other.
  accept(movie_fields(2).with("imdbId", "null").as("putMovie"));
  auto receipt = accept("{\"rateMovie\":{\"movie\":{\"imdbId\":\"tt7\"},\"rating\":4}}");
  BOOST_TEST(receipt.effect.subject_id ==
             accept("{\"rateMovie\":{\"movie\":{\"tmdbId\":1},\"rating\":5}}").effect.subject_id);
}

BOOST_AUTO_TEST_CASE(what_is_in_use_is_restricted) {
  accept("{\"assignMovieGenres\":{\"movie\":{\"tmdbId\":603},\"genres\":[{\"tmdbId\":16}]}}");
  accept("{\"assignTvShowGenres\":{\"tvShow\":{\"tmdbId\":1930},\"genres\":[{\"tmdbId\":35}]}}");
  check_refused(*this,
                {{"{\"removeMovie\":{\"movie\":{\"tmdbId\":603}}}", "restricted movie"},
                 {"{\"removeGenre\":{\"genre\":{\"tmdbId\":16}}}", "restricted genre"},
                 {"{\"removeGenre\":{\"genre\":{\"tmdbId\":35}}}", "restricted genre"},
                 {"{\"removeTvShow\":{\"tvShow\":{\"tmdbId\":1930}}}", "restricted tvShow"},
                 {"{\"removeTvShow\":{\"tvShow\":{\"tmdbId\":1930},\"withSeasons\":false}}", "restricted tvShow"}});
  // It goes as soon as nothing uses it.
  accept("{\"removeMovieSource\":{\"source\":{\"id\":1}}}");
  BOOST_TEST(recorded(*this, "{\"removeMovie\":{\"movie\":{\"tmdbId\":603}}}") == "movieRemoved");
  BOOST_TEST(recorded(*this, "{\"removeGenre\":{\"genre\":{\"tmdbId\":16}}}") == "genreRemoved");
  accept("{\"assignTvShowGenres\":{\"tvShow\":{\"tmdbId\":1930},\"genres\":[]}}");
  BOOST_TEST(recorded(*this, "{\"removeGenre\":{\"genre\":{\"tmdbId\":35}}}") == "genreRemoved");
}

BOOST_AUTO_TEST_CASE(genres_must_be_given_to_be_assigned) {
  check_refused(*this, {{"{\"assignMovieGenres\":{\"movie\":{\"tmdbId\":603}}}", "invalid genres"},
                        {"{\"assignMovieGenres\":{\"movie\":{\"tmdbId\":603},\"genres\":null}}", "invalid genres"},
                        {"{\"assignTvShowGenres\":{\"tvShow\":{\"tmdbId\":1930}}}", "invalid genres"}});
}

BOOST_AUTO_TEST_CASE(a_removed_season_takes_its_episodes) {
  accept(episode_fields(2).as("putEpisode"));
  auto receipt = accept("{\"removeSeason\":{\"season\":{\"id\":1}}}");
  BOOST_TEST(events_of(*this, receipt) == "episodeRemoved episodeRemoved seasonRemoved");
  BOOST_TEST(receipt.effect.subject_id == 1);
  BOOST_TEST(receipt.effect.version == 2);  // the season's own
  check_refused(*this, {{"{\"removeEpisode\":{\"episode\":{\"id\":1}}}", "notFound episode"},
                        {"{\"removeEpisode\":{\"episode\":{\"id\":2}}}", "notFound episode"}});
}

BOOST_AUTO_TEST_CASE(a_show_goes_with_its_seasons_when_told_so) {
  accept(season_fields(2).as("putSeason"));
  accept(episode_fields(1, 2).as("putEpisode"));
  accept(show_text().as("putTvShowTranslation"));
  BOOST_TEST(recorded(*this, "{\"removeTvShow\":{\"tvShow\":{\"tmdbId\":1930},\"withSeasons\":true}}") ==
             "episodeRemoved seasonRemoved episodeRemoved seasonRemoved tvShowRemoved");
  BOOST_TEST(outcome(send(show_text().as("putTvShowTranslation"))) == "notFound tvShow");
}

BOOST_AUTO_TEST_CASE(what_goes_with_its_owner_does_not_hold_it) {
  accept(movie_fields(5).with("genres", "[{\"tmdbId\":16}]").as("putMovie"));
  accept(movie_text().with("movie", movie_ref(5)).as("putMovieTranslation"));
  accept("{\"listTitle\":{\"mediaList\":{\"id\":1},\"movie\":{\"tmdbId\":5}}}");
  BOOST_TEST(recorded(*this, "{\"removeMovie\":{\"movie\":{\"tmdbId\":5}}}") == "movieRemoved");
  // The genre is free, the list can be removed, and a new movie of that key has none of it.
  BOOST_TEST(outcome(send("{\"removeGenre\":{\"genre\":{\"tmdbId\":16}}}")) == "accepted");
  accept(movie_fields(5).as("putMovie"));
  BOOST_TEST(outcome(send("{\"removeMovieTranslation\":{\"movie\":{\"tmdbId\":5},\"language\":\"es\"}}")) ==
             "notFound language");
  BOOST_TEST(outcome(send("{\"delistTitle\":{\"mediaList\":{\"id\":1},\"movie\":{\"tmdbId\":5}}}")) == "unchanged");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
