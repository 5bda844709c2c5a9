// Rows that are made, and updates that leave alone the indexed columns that stay as they are.
#include "projector/model/row_write.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include "projector/model/projection_sql.h"
#include "projector/model/read_model.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(row_write_test)

using namespace catlog;
using namespace catlog::tests;
using projector::Value;

namespace {

struct Fixture {
  Fixture() { apply(model, script); }

  const events::EventType& type(std::string_view name) const { return *events::model().event(name); }
  // The statement that is chosen for movie 1, popularity 80.5 and rating 8.2.
  std::string rated(Value popularity, Value rating) {
    projector::RowWrite update(model.database(), type("movieRated"));
    return sqlite3_sql(update.choose(int64_t{1}, {popularity, rating}).handle());
  }
  std::string ask(const std::string& sql) { return one_value(model.database(), sql); }

  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  projector::ReadModel model{directory / "model.sqlite", test_log_id, script.head(), projector::Writing::live};
};

const std::string head = "UPDATE movies SET ", tail = "updatedAt = ?2 WHERE id = ?1";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(row_write, Fixture)

BOOST_AUTO_TEST_CASE(only_what_changes_is_set) {
  BOOST_TEST(rated(80.5, 8.2) == head + tail);
  BOOST_TEST(rated(80.5, 8.3) == head + "rating = ?5, " + tail);
  BOOST_TEST(rated(80.25, 8.2) == head + "popularity = ?4, " + tail);
  BOOST_TEST(rated(80.25, 8.3) == head + "popularity = ?4, rating = ?5, " + tail);
}

BOOST_AUTO_TEST_CASE(what_is_of_another_type_or_null_is_another_value) {
  BOOST_TEST(rated(80.5, Value()) == head + "rating = ?5, " + tail);
  BOOST_TEST(rated(80.5, int64_t{8}) == head + "rating = ?5, " + tail);
  BOOST_TEST(rated(80.5, std::string_view("8.2")) == head + "rating = ?5, " + tail);
}

BOOST_AUTO_TEST_CASE(a_row_that_is_not_there_is_set_whole_and_changes_nothing) {
  projector::RowWrite update(model.database(), type("movieRated"));
  auto& statement = update.choose(int64_t{999}, {80.5, 8.2});
  BOOST_TEST(sqlite3_sql(statement.handle()) == projector::sql_of(type("movieRated")).main);
  statement.bind(1, int64_t{999}).bind(2, std::string_view("2024-05-06 07:08:09.123")).bind(4, 80.5).bind(5, 8.2);
  BOOST_TEST(statement.run() == 0);
}

BOOST_AUTO_TEST_CASE(a_creation_of_a_row_that_is_there_is_an_update) {
  projector::RowWrite write(model.database(), type("movieDescribed"));
  const std::vector<Value> values(projector::bound_columns(type("movieDescribed")).size());
  const auto begins = [&](int64_t id, const char* with) {
    return std::string_view(sqlite3_sql(write.choose(id, values).handle())).starts_with(with);
  };
  BOOST_TEST(begins(1, "UPDATE movies SET tmdbId"));
  BOOST_TEST(begins(999, "INSERT INTO movies (id, "));
}

BOOST_AUTO_TEST_CASE(an_index_that_somebody_added_counts_too) {
  model.database().run("CREATE INDEX mine ON movie_sources (seeds)");
  projector::RowWrite update(model.database(), type("swarmObserved"));
  std::vector<Value> values;
  for (const events::Column* column : projector::bound_columns(type("swarmObserved")))
    values.emplace_back(column->name == "seeds" ? Value(int64_t{10}) : Value(int64_t{-1}));
  BOOST_TEST(std::string(sqlite3_sql(update.choose(int64_t{1}, values).handle())).find("seeds") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_rows_are_those_that_events_without_it_would_give) {
  script.command({movie_rated(1, 80.5, 8.2)});
  script.command({movie_rated(1, 80.5, 9)});
  script.command({movie_rated(1, 81, 9)});
  apply(model, script);
  BOOST_TEST(ask("SELECT popularity || ' ' || rating FROM movies WHERE id = 1") == "81.0 9.0");
  BOOST_TEST(ask("SELECT updatedAt > createdAt FROM movies WHERE id = 1") == "1");
  BOOST_TEST(ask("SELECT id FROM movies INDEXED BY idx_movie_rating WHERE rating = 9") == "1");
  BOOST_TEST(ask("PRAGMA integrity_check") == "ok");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
