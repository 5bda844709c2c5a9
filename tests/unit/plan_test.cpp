#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/query/plan.h"
#include "projector/sqlite/sqlite.h"
#include "tests/support/asked_read_model.h"

BOOST_AUTO_TEST_SUITE(plan_test)

using namespace catlog;
using namespace catlog::tests;
using events::Failure;

BOOST_FIXTURE_TEST_SUITE(plan, AskedReadModel)

BOOST_AUTO_TEST_CASE(a_plan_names_what_is_read_whole_and_what_would_help) {
  const auto scan = projector::plan_of(file, "SELECT title FROM movies m WHERE runtime > 7 ORDER BY updatedAt");
  BOOST_TEST_REQUIRE(!scan.steps.empty());
  BOOST_TEST(scan.steps.front().scans_all.value_or("") == "m");
  BOOST_TEST_REQUIRE(scan.helpful_indexes.size() == 1u);
  BOOST_TEST(scan.helpful_indexes.front().starts_with("movies("));
  const auto search = projector::plan_of(file, "SELECT title FROM movies WHERE tmdbId = :id");
  BOOST_TEST(!search.steps.front().scans_all.has_value());
  BOOST_TEST(search.helpful_indexes.empty());
  BOOST_CHECK_THROW(projector::plan_of(file, "DELETE FROM movies"), Failure);
  BOOST_TEST(!projector::plan_of(file, "VALUES (1), (2)").steps.front().scans_all.has_value());
}

BOOST_AUTO_TEST_CASE(a_plan_recommends_no_index_that_is_there) {
  for (const char* sql :
       {"SELECT title FROM movies ORDER BY rating DESC LIMIT 5", "SELECT title FROM movies WHERE rating > 7",
        "SELECT count(*) FROM movies", "SELECT * FROM movie_sources WHERE quality = '1080p'",
        "SELECT * FROM movie_sources WHERE quality = '1080p' AND language = 'en'",
        "SELECT action, count(*) FROM audit_logs WHERE createdAt > '2026' GROUP BY action"})
    BOOST_TEST(projector::plan_of(file, sql).helpful_indexes.empty(), sql);
  const auto helpful = [&](const char* sql) {
    const auto indexes = projector::plan_of(file, sql).helpful_indexes;
    return indexes.empty() ? std::string() : indexes.front();
  };
  BOOST_TEST(helpful("SELECT title FROM movies WHERE runtime > 7") == "movies(runtime)");
  BOOST_TEST(helpful("SELECT title FROM movies ORDER BY runtime LIMIT 5") == "movies(runtime)");
  projector::Database(file, projector::Open::write).run("DROP INDEX idx_movie_rating");
  BOOST_TEST(helpful("SELECT title FROM movies WHERE rating > 7") == "movies(rating)");
}

BOOST_AUTO_TEST_CASE(a_plan_says_what_is_read_whole) {
  const auto reads = [&](const char* sql) {
    std::string all;
    for (const auto& step : projector::plan_of(file, sql, {.log = &log}).steps) all += step.reads + ';';
    return all;
  };
  const auto says = [&](const char* sql, std::string_view part) {
    const std::string all = reads(sql);
    BOOST_TEST(all.find(part) != std::string::npos, sql << ": " << all);
  };
  says("SELECT title FROM movies ORDER BY rating DESC LIMIT 5", "in the order of the index idx_movie_rating");
  says("SELECT count(*) FROM movies", "all of the index ");
  says("SELECT title FROM movies WHERE runtime > 7", "movies is read from end to end");
  says("SELECT * FROM log_events WHERE userId = 1", "log_events is read from the log's first event on");
  says("SELECT * FROM log_events e JOIN users u ON u.id = e.userId", "e is read from the log's first event on");
  for (const char* sql : {"SELECT * FROM log_events WHERE position > 3", "SELECT * FROM json_each('[1]')",
                          "SELECT title FROM movies WHERE rating > 7"})
    BOOST_TEST(reads(sql) == ";", sql);
}

BOOST_AUTO_TEST_CASE(what_is_read_whole_for_want_of_an_index_is_told) {
  const auto missed = [&](const char* sql) {
    return fmt::format("{}", fmt::join(projector::scanned_for_want_of_an_index(file, sql), " "));
  };
  // The first is looked up by it, the second read in its order, the third from one end of it to the other.
  const std::array by_index{"SELECT title FROM movies m WHERE imdbId = 'tt1'",
                            "SELECT title FROM movies m ORDER BY rating DESC LIMIT 5",
                            "SELECT action, max(createdAt) FROM audit_logs m GROUP BY action"};
  for (const char* sql : by_index) BOOST_TEST(missed(sql) == "", sql);
  projector::Database(file, projector::Open::write)
      .run("DROP INDEX idx_movie_imdb; DROP INDEX idx_movie_rating; DROP INDEX idx_audit_action_created");
  for (const char* sql : by_index) BOOST_TEST(missed(sql) == "m", sql);
  for (const char* sql : {"SELECT title FROM movies WHERE runtime > 7", "SELECT title FROM movies WHERE tmdbId = 7",
                          "SELECT title FROM movies ORDER BY popularity DESC LIMIT 5", "SELECT * FROM nothing"})
    BOOST_TEST(missed(sql) == "", sql);
}

BOOST_AUTO_TEST_CASE(a_view_asked_about_one_row_reads_no_whole_table) {
  for (const char* sql :
       {"SELECT * FROM movies_with_genres WHERE id = 1", "SELECT * FROM tv_shows_with_counts WHERE id = 1",
        "SELECT * FROM best_sources WHERE movieId = 1", "SELECT * FROM best_sources WHERE id = 1",
        "SELECT * FROM lists_with_titles WHERE id = 1", "SELECT * FROM lists_with_titles WHERE name = 'x'",
        "SELECT * FROM users_without_secrets WHERE id = 1",
        "SELECT * FROM users_without_secrets WHERE username = 'ada'"})
    for (const auto& step : projector::plan_of(file, sql).steps)
      BOOST_TEST(!step.scans_all.has_value(), sql << ": " << step.words);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
