#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "events/codec/json.h"
#include "tests/support/commands.h"

BOOST_AUTO_TEST_SUITE(rules_puts_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

Fields movie_text() {
  return {{"movie", movie_ref()}, {"language", "\"es\""}, {"title", "\"El gran conejo\""}, {"overview", "\"\""}};
}
Fields show_text() {
  return {{"tvShow", show_ref()}, {"language", "\"de\""}, {"name", "\"Die Serie\""}, {"overview", "\"\""}};
}
Fields genre_text() { return {{"genre", "{\"tmdbId\":16}"}, {"language", "\"ja\""}, {"name", "\"アニメ\""}}; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(titles_put, Catalogue)

BOOST_AUTO_TEST_CASE(put_emits_the_groups_that_changed_only) {
  auto movie = movie_fields(7);
  BOOST_TEST(recorded(*this, movie.as("putMovie")) == "movieDescribed");
  BOOST_TEST(outcome(send(movie.as("putMovie"))) == "unchanged");
  auto rated = movie.with("rating", "8.5");
  BOOST_TEST(recorded(*this, rated.as("putMovie")) == "movieRated");
  BOOST_TEST(outcome(send(rated.as("putMovie"))) == "unchanged");
  auto whole = rated.with("genres", "[{\"tmdbId\":35},{\"tmdbId\":16}]");
  BOOST_TEST(recorded(*this, whole.as("putMovie")) == "movieGenresAssigned");
  // A set: neither order nor repetition makes a difference.
  BOOST_TEST(outcome(send(rated.with("genres", "[{\"id\":1},{\"id\":2},{\"tmdbId\":16}]").as("putMovie"))) ==
             "unchanged");
  BOOST_TEST(recorded(*this, whole.with("title", "\"Another\"").as("putMovie")) == "movieDescribed");
  BOOST_TEST(recorded(*this, movie.with("rating", "1").with("genres", "[]").as("putMovie")) ==
             "movieDescribed movieRated movieGenresAssigned");
  // What a command does not speak of stays: no rating in it is no rating of 0.
  BOOST_TEST(outcome(send(movie.as("putMovie"))) == "unchanged");
  BOOST_TEST(outcome(send("{\"rateMovie\":{\"movie\":{\"tmdbId\":7},\"popularity\":0,\"rating\":1}}")) == "unchanged");
  BOOST_TEST(recorded(*this, "{\"rateMovie\":{\"movie\":{\"tmdbId\":7},\"rating\":2}}") == "movieRated");
}

// The last record's event, as the log has it.
std::string last_event(WriteSide& side) {
  const auto snapshot = side.log().snapshot();
  return events::write_json(events::RecordView(snapshot.read(snapshot.head())).root().getEvent(),
                            events::Secrets::shown);
}

BOOST_AUTO_TEST_CASE(what_a_change_leaves_out_stays_as_it_was) {
  const std::string movie = R"("movie":{"tmdbId":7})", show = R"("tvShow":{"tmdbId":8})";
  accept(movie_fields(7).with("popularity", "11.4").with("rating", "6.6").as("putMovie"));
  accept(tv_show_fields(8).with("popularity", "1.5").as("putTvShow"));
  for (const auto& [name, title] : {std::pair("rateMovie", movie), std::pair("rateTvShow", show)}) {
    send(fmt::format(R"({{"{}":{{{},"popularity":11.4,"rating":6.6}}}})", name, title));
    for (const char* absent : {"", R"("popularity":null,)"}) {
      accept(fmt::format(R"({{"{}":{{{},{}"rating":6.7}}}})", name, title, absent));
      BOOST_TEST(last_event(*this).find(R"("popularity":11.4,"rating":6.7)") != std::string::npos, last_event(*this));
      BOOST_TEST(outcome(send(fmt::format(R"({{"{}":{{{},"rating":6.7}}}})", name, title))) == "unchanged");
      accept(fmt::format(R"({{"{}":{{{},"popularity":0}}}})", name, title));
      BOOST_TEST(last_event(*this).find(R"("popularity":0,"rating":6.7)") != std::string::npos, last_event(*this));
      accept(fmt::format(R"({{"{}":{{{},"popularity":11.4,"rating":6.6}}}})", name, title));
    }
  }
  accept(movie_fields(7).with("rating", "5").as("putMovie"));
  BOOST_TEST(last_event(*this).find(R"("popularity":11.4,"rating":5)") != std::string::npos, last_event(*this));
  restart(StateFolder::deleted);
  BOOST_TEST(outcome(send(fmt::format(R"({{"rateMovie":{{{},"popularity":11.4}}}})", movie))) == "unchanged");
}

BOOST_AUTO_TEST_CASE(put_of_the_other_titles_emits_changes_only) {
  BOOST_TEST(recorded(*this, tv_show_fields(8)
                                 .with("episodeRunTime", "[25,50]")
                                 .with("rating", "7")
                                 .with("genres", "[{\"tmdbId\":16}]")
                                 .as("putTvShow")) == "tvShowDescribed tvShowRated tvShowGenresAssigned");
  BOOST_TEST(recorded(*this, tv_show_fields(8).as("putTvShow")) == "tvShowDescribed");
  BOOST_TEST(outcome(send(tv_show_fields(8).with("episodeRunTime", "[]").as("putTvShow"))) == "unchanged");
  for (const auto& [name, fields, event] : {std::tuple("putSeason", season_fields(), "seasonDescribed"),
                                            std::tuple("putEpisode", episode_fields(), "episodeDescribed"),
                                            std::tuple("putGenre", genre_fields(), "genreDescribed")}) {
    BOOST_TEST(outcome(send(fields.as(name))) == "unchanged");
    BOOST_TEST(recorded(*this, fields.with("name", "\"other\"").as(name)) == event);
  }
}

BOOST_AUTO_TEST_CASE(translations_are_kept_by_owner_and_language) {
  BOOST_TEST(recorded(*this, movie_text().with("language", "\"es-MX\"").as("putMovieTranslation")) ==
             "movieTranslated");
  auto again = send(movie_text().as("putMovieTranslation"));
  BOOST_TEST(outcome(again) == "unchanged");  // es-MX was cut to es
  BOOST_TEST(again.effect.subject_id == 1);
  auto blank = movie_text().with("title", "\"\"");
  BOOST_TEST(recorded(*this, blank.with("language", "\"ES\"").as("putMovieTranslation")) == "movieTranslated");
  BOOST_TEST(recorded(*this, blank.with("language", "\"pt_BR\"").as("putMovieTranslation")) == "movieTranslated");
  BOOST_TEST(recorded(*this, "{\"removeMovieTranslation\":{\"movie\":{\"tmdbId\":603},\"language\":\"es-ES\"}}") ==
             "movieTranslationRemoved");
  auto made_again = accept(movie_text().as("putMovieTranslation"));
  BOOST_TEST(made_again.effect.subject_id == 3);  // ids never come back
  BOOST_TEST(recorded(*this, show_text().with("name", "\"\"").as("putTvShowTranslation")) == "tvShowTranslated");
  BOOST_TEST(recorded(*this, "{\"removeTvShowTranslation\":{\"tvShow\":{\"tmdbId\":1930},\"language\":\"de\"}}") ==
             "tvShowTranslationRemoved");
  BOOST_TEST(recorded(*this, genre_text().with("name", "\"\"").as("putGenreTranslation")) == "genreTranslated");
  BOOST_TEST(recorded(*this, "{\"removeGenreTranslation\":{\"genre\":{\"tmdbId\":16},\"language\":\"ja\"}}") ==
             "genreTranslationRemoved");
}

BOOST_AUTO_TEST_CASE(absent_null_and_zero_are_three_things) {
  auto movie = movie_fields(9);
  accept(movie.as("putMovie"));
  BOOST_TEST(outcome(send(movie.with("runtime", "null").with("imdbId", "null").as("putMovie"))) == "unchanged");
  BOOST_TEST(recorded(*this, movie.with("runtime", "0").as("putMovie")) == "movieDescribed");
  BOOST_TEST(recorded(*this, movie.with("imdbId", "\"\"").as("putMovie")) == "movieDescribed");
  // A column that is neither required nor optional: absent is 0.
  BOOST_TEST(recorded(*this, "{\"rateMovie\":{\"movie\":{\"tmdbId\":9},\"rating\":5}}") == "movieRated");
  BOOST_TEST(outcome(send("{\"rateMovie\":{\"movie\":{\"tmdbId\":9},\"rating\":5,\"popularity\":0}}")) == "unchanged");
  BOOST_TEST(outcome(send("{\"rateMovie\":{\"movie\":{\"tmdbId\":9},\"rating\":5,\"popularity\":null}}")) ==
             "unchanged");
}

BOOST_AUTO_TEST_CASE(ids_are_never_used_again) {
  auto first = accept(movie_fields(20).as("putMovie"));
  accept("{\"removeMovie\":{\"movie\":{\"tmdbId\":20}}}");
  auto second = accept(movie_fields(20).as("putMovie"));
  BOOST_TEST(second.effect.subject_id == first.effect.subject_id + 1);
  flush_state();
  accept("{\"removeMovie\":{\"movie\":{\"tmdbId\":20}}}");
  restart(StateFolder::deleted);
  auto third = accept(movie_fields(20).as("putMovie"));
  BOOST_TEST(third.effect.subject_id == second.effect.subject_id + 1);
  BOOST_TEST(third.effect.version == 1);
}

BOOST_AUTO_TEST_CASE(long_texts_are_no_trouble_as_keys) {
  auto imdb = json_text(std::string(5'000, 'x'));
  accept(movie_fields(21).with("imdbId", imdb).with("title", json_text(std::string(100'000, 'y'))).as("putMovie"));
  flush_state();
  restart();
  BOOST_TEST(outcome(send(fmt::format("{{\"rateMovie\":{{\"movie\":{{\"imdbId\":{}}},\"rating\":4}}}}", imdb))) ==
             "accepted");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
