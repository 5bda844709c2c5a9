#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <set>

#include "projector/sqlite/known_rows.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/stored_digests.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(table_digest_test)

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::DigestKeeper;
using projector::Open;
using projector::RowHasher;
using projector::TableDigest;
using projector::Value;

namespace {

std::string digest_of(const std::vector<std::vector<Value>>& rows) {
  RowHasher hasher;
  TableDigest digest;
  for (const auto& row : rows) {
    for (const Value& value : row) hasher.value(value);
    digest.add(hasher.finish());
  }
  return hex(digest);
}

struct Fixture {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "model.sqlite";
  RecordScript script = small_catalogue();

  void project(projector::Writing writing) {
    projector::ReadModel model(file, test_log_id, script.head(), writing);
    apply(model, script);
    if (writing == projector::Writing::bulk) model.finish_bulk();
    model.close();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(row_hashes)

// Other programs may compute it from FORMAT.md: it never changes.
BOOST_AUTO_TEST_CASE(known_answers) {
  BOOST_TEST(digest_of({}) == "00000000000000000000000000000000");
  BOOST_TEST(digest_of({{int64_t{1}, std::string_view("caf\u00e9"), 1.5, Value()}}) ==
             "5994b98d594465fa9b4e16c3f065fa35");
  BOOST_TEST(digest_of({{int64_t{1}, int64_t{2}}, {int64_t{1}, int64_t{3}}}) == "60da1fc397d8e7cdd8120a160a50b560");
}

BOOST_AUTO_TEST_CASE(values_that_look_alike_are_apart) {
  std::vector<std::vector<Value>> rows = {{Value()},
                                          {int64_t{0}},
                                          {0.0},
                                          {std::string_view("")},
                                          {std::string_view("0")},
                                          {std::string_view("\0", 1)},
                                          {int64_t{1}},
                                          {1.0},
                                          {int64_t{-1}},
                                          {Value(), Value()},
                                          {std::string_view("a"), std::string_view("b")},
                                          {std::string_view("ab"), std::string_view("")},
                                          {std::string_view(""), std::string_view("ab")}};
  std::set<std::string> digests;
  for (const auto& row : rows) digests.insert(digest_of({row}));
  BOOST_TEST(digests.size() == rows.size());
}

BOOST_AUTO_TEST_CASE(reals_are_as_sqlite_stores_them) {
  BOOST_TEST(digest_of({{-0.0}}) == digest_of({{0.0}}));
  BOOST_TEST(digest_of({{std::nan("")}}) == digest_of({{Value()}}));
}

BOOST_AUTO_TEST_CASE(the_order_of_rows_does_not_matter_but_their_number_does) {
  std::vector<Value> one = {int64_t{1}}, two = {int64_t{2}};
  BOOST_TEST(digest_of({one, two}) == digest_of({two, one}));
  BOOST_TEST(digest_of({one, one}) != digest_of({one}));
  BOOST_TEST(digest_of({one, one}) != digest_of({two, two}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(stored_digests, Fixture)

BOOST_AUTO_TEST_CASE(all_tables_of_the_declaration_have_one) {
  project(projector::Writing::live);
  Database database(file, Open::read);
  BOOST_TEST(projector::digested_tables().size() == 20u);
  BOOST_TEST(projector::read_digests(database).size() == 20u);
  BOOST_TEST(one_value(database, "SELECT rowCount FROM projection_digests WHERE tableName = 'movies'") == "2");
}

BOOST_AUTO_TEST_CASE(a_file_of_the_first_schema_gets_them_when_it_is_opened) {
  project(projector::Writing::live);
  Database database(file, Open::write);
  auto before = projector::read_digests(database);
  projector::migrate(database, projector::migrations(), 1);
  BOOST_TEST(projector::read_digests(database).empty());
  projector::ReadModel(file, test_log_id, script.head(), projector::Writing::live).close();
  BOOST_TEST((projector::read_digests(database) == before));
}

BOOST_AUTO_TEST_CASE(a_migration_forgets_them) {
  project(projector::Writing::live);
  std::vector<projector::Migration> all(projector::migrations().begin(), projector::migrations().end());
  all.push_back({static_cast<int>(all.size()) + 1, "next", "UPDATE movies SET rating = 9;", ""});
  Database database(file, Open::write);
  projector::migrate(database, all, static_cast<int>(all.size()));
  BOOST_TEST(projector::read_digests(database).empty());
}

// SQLite keeps a row that is older than a column short, and its preupdate hook would see NULL there.
BOOST_AUTO_TEST_CASE(rows_older_than_a_column_are_counted_with_its_default) {
  project(projector::Writing::live);
  std::vector<projector::Migration> all(projector::migrations().begin(), projector::migrations().end());
  all.push_back({static_cast<int>(all.size()) + 1, "next",
                 "ALTER TABLE movies ADD COLUMN certificate TEXT NOT NULL DEFAULT 'none';"
                 "ALTER TABLE movies ADD COLUMN votes REAL NOT NULL DEFAULT 3;"
                 "ALTER TABLE movie_genres ADD COLUMN weight INTEGER NOT NULL DEFAULT 7;",
                 "ALTER TABLE movie_genres DROP COLUMN weight; ALTER TABLE movies DROP COLUMN votes;"
                 "ALTER TABLE movies DROP COLUMN certificate;"});
  Database database(file, Open::write);
  projector::migrate(database, all, static_cast<int>(all.size()));
  DigestKeeper keeper(database);
  projector::Transaction transaction(database, projector::Transaction::Kind::write);
  database.run("UPDATE movies SET rating = 9; DELETE FROM movie_genres WHERE genreId = 2");
  keeper.write();
  transaction.commit();
  BOOST_TEST((projector::read_digests(database) == projector::scan_digests(database)));
  projector::migrate(database, all, static_cast<int>(projector::migrations().size()));
  BOOST_TEST(one_value(database, "SELECT count(*) FROM movies WHERE rating = 9") == "2");
}

BOOST_AUTO_TEST_CASE(a_bulk_load_forgets_them_until_it_is_finished) {
  project(projector::Writing::live);
  { projector::ReadModel model(file, test_log_id, script.head(), projector::Writing::bulk); }
  BOOST_TEST(projector::read_digests(Database(file, Open::read)).empty());
}

BOOST_AUTO_TEST_CASE(whole_numbers_in_real_columns_and_defaults_are_counted_as_they_are_stored) {
  project(projector::Writing::live);
  Database database(file, Open::write);
  DigestKeeper keeper(database);
  const auto before = projector::read_digests(database);
  database.run(
      "INSERT INTO movies (id, tmdbId, title, overview, releaseDate, poster, backdrop, createdAt, updatedAt, "
      "rating) VALUES (7, 7, 'T', '', '', '', '', '2024-01-01 00:00:00.000', '2024-01-01 00:00:00.000', 3)");
  database.run("UPDATE movies SET popularity = 5, rating = -0.0 WHERE id = 7");
  database.run("UPDATE movies SET id = 8 WHERE id = 7");
  keeper.write();
  keeper.committed();
  BOOST_TEST((projector::read_digests(database) == projector::scan_digests(database)));
  database.run("DELETE FROM movies WHERE id = 8");
  keeper.write();
  BOOST_TEST((projector::read_digests(database) == before));
}

BOOST_AUTO_TEST_CASE(of_known_rows_the_oldest_go_and_long_ones_are_not_kept) {
  using projector::KnownRows;
  KnownRows rows;
  const int64_t last = 2 * int64_t{KnownRows::most_kept} + 1;
  for (int64_t id = 1; id <= last; ++id) rows.keep({0, id}, std::to_string(id), {.low = static_cast<uint64_t>(id)});
  BOOST_TEST(!rows.find({0, 1}));
  BOOST_TEST(!rows.find({1, last}));
  for (const int64_t id : {last - int64_t{KnownRows::most_kept}, last}) {
    const KnownRows::Row* row = rows.find({0, id});
    BOOST_REQUIRE(row);
    BOOST_TEST(row->bytes == std::to_string(id));
    BOOST_TEST(row->hash.low == static_cast<uint64_t>(id));
  }
  rows.keep({0, last}, std::string(KnownRows::longest_kept + 1, 'x'), {});
  BOOST_TEST(!rows.find({0, last}));
  rows.forget_all();
  BOOST_TEST(!rows.find({0, last - 1}));
}

BOOST_AUTO_TEST_CASE(a_digest_that_cannot_be_read_is_damage) {
  project(projector::Writing::live);
  Database database(file, Open::write);
  database.run("PRAGMA ignore_check_constraints = ON; UPDATE projection_digests SET digest = 'x'");
  BOOST_CHECK_EXCEPTION(projector::read_digests(database), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::damaged; });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
