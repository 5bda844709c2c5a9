#include <boost/test/unit_test.hpp>

#include "projector/compare.h"
#include "projector/migrations.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Migration;
using projector::Open;

namespace {

// This build's schema and an invented next one.
std::vector<Migration> with_next(std::string_view up, std::string_view down) {
  std::vector<Migration> all(projector::migrations().begin(), projector::migrations().end());
  all.push_back({static_cast<int>(all.size()) + 1, "next", up, down});
  return all;
}

struct Fixture {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "model.sqlite";
  int newest = static_cast<int>(projector::migrations().size());
  Fixture() {
    RecordScript script = small_catalogue();
    projector::ReadModel model(file, test_log_id, script.head(), projector::Writing::live);
    apply(model, script);
    model.close();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(migrations, Fixture)

BOOST_AUTO_TEST_CASE(they_are_numbered_without_gaps) {
  int expected = 0;
  for (const Migration& migration : projector::migrations()) {
    BOOST_TEST(migration.version == ++expected);
    BOOST_TEST(!migration.up.empty());
    BOOST_TEST(!migration.down.empty());
  }
}

BOOST_AUTO_TEST_CASE(down_to_nothing_leaves_nothing) {
  Database database(file, Open::write);
  projector::migrate(database, projector::migrations(), 0);
  BOOST_TEST(one_value(database, "SELECT count(*) FROM sqlite_schema") == "0");
  BOOST_TEST(projector::schema_version(database) == 0);
}

BOOST_AUTO_TEST_CASE(up_and_down_again_keeps_every_row) {
  auto all = with_next("CREATE INDEX idx_next ON movies (title);", "DROP INDEX idx_next;");
  std::filesystem::copy(file, directory / "before.sqlite");
  Database database(file, Open::write);
  projector::migrate(database, all, newest + 1);
  BOOST_TEST(projector::read_checkpoint(database).schema_version == newest + 1);
  BOOST_TEST(one_value(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'idx_next'") == "1");
  projector::migrate(database, all, newest);
  BOOST_TEST(projector::read_checkpoint(database).schema_version == newest);
  BOOST_TEST(!projector::first_difference(Database(directory / "before.sqlite", Open::read), database));
}

BOOST_AUTO_TEST_CASE(a_table_can_be_made_anew_without_losing_its_children) {
  auto all = with_next(
      "CREATE TABLE new_lists (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT;"
      "INSERT INTO new_lists SELECT id, name FROM media_lists; DROP TABLE media_lists;"
      "ALTER TABLE new_lists RENAME TO media_lists;",
      "");
  Database database(file, Open::write);
  database.run("PRAGMA foreign_keys = ON");
  projector::migrate(database, all, newest + 1);
  BOOST_TEST(one_value(database, "SELECT count(*) FROM media_list_movies") == "1");
}

BOOST_AUTO_TEST_CASE(a_copy_is_made_first) {
  Database database(file, Open::write);
  projector::migrate(database, with_next("DELETE FROM media_list_movies;", ""), newest + 1);
  Database copy(file.string() + ".v" + std::to_string(newest) + ".backup", Open::read);
  BOOST_TEST(one_value(copy, "SELECT count(*) FROM media_list_movies") == "1");
  BOOST_TEST(projector::schema_version(copy) == newest);
}

BOOST_AUTO_TEST_CASE(one_that_fails_changes_nothing) {
  for (const char* up : {"DELETE FROM audit_logs; SELECT nonsense;", "DELETE FROM audit_logs; DELETE FROM seasons;"}) {
    Database database(file, Open::write);
    BOOST_CHECK_THROW(projector::migrate(database, with_next(up, ""), newest + 1), events::Failure);
    BOOST_TEST(projector::schema_version(database) == newest);
    BOOST_TEST(one_value(database, "SELECT count(*) FROM audit_logs") == "1");
  }
}

BOOST_AUTO_TEST_CASE(a_later_versions_file_is_refused) {
  Database database(file, Open::write);
  database.run("PRAGMA user_version = 99");
  BOOST_CHECK_EXCEPTION(projector::migrate(database), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::usage; });
}

BOOST_AUTO_TEST_SUITE_END()
