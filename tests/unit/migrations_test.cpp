#include <boost/test/unit_test.hpp>

#include "projector/rebuild/compare.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/schema_check.h"
#include "projector/sqlite/table_layout.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(migrations_test)

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

BOOST_AUTO_TEST_CASE(an_empty_file_gets_at_once_what_the_steps_make) {
  Database at_once(directory / "at once", Open::create), stepped(directory / "stepped", Open::create);
  projector::migrate(at_once);
  projector::migrate(stepped, projector::migrations(), newest);
  const auto everything = [](const Database& database) {
    std::vector<std::string> all{std::to_string(projector::schema_version(database)),
                                 one_value(database, "PRAGMA foreign_keys")};
    projector::Statement rows(database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid");
    while (rows.step())
      for (int column = 0; column < 4; ++column) all.emplace_back(rows.text(column));
    return all;
  };
  BOOST_TEST(everything(at_once) == everything(stepped), boost::test_tools::per_element());
  projector::Statement tables(stepped, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  while (tables.step())
    BOOST_TEST(one_value(stepped, fmt::format("SELECT count(*) FROM {}", tables.text(0))) == "0", tables.text(0));
}

BOOST_AUTO_TEST_CASE(the_schema_is_known_by_its_digest) {
  BOOST_TEST(projector::schema_digest(projector::schema_in_memory()) == projector::own_schema_digest);
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

// What older rules let in and today's schema refuses: migrated and projected anew it is the same.
BOOST_AUTO_TEST_CASE(values_of_older_rules_become_what_a_rebuild_makes_of_them) {
  const std::string base32 =
      "magnet:?xt=urn:btih:" + std::string(40, 'a') + "&XT=urn:btih:XO53XO53XO53XO53XO53XO53XO53XO53";
  RecordScript script = small_catalogue();
  script.command({movie_described(2, "\u00A0\u200B"), genre_described(2, "\u3000")});
  script.command({user_registered(2, "\u00AD"), user_registered(3, "ada "), sync_recorded(2, "\uFEFF")});
  script.command({{events::Entity::MOVIE_SOURCE, 2,
                   R"({"movieSourceAdded":{"movieId":1,"quality":"","type":"","size":1,"language":"en","title":"x",)"
                   R"("infoHash":")" +
                       std::string(40, 'b') + R"(","magnetUri":")" + base32 + "\"}}"}});
  script.command({movie_described(3, "Early", 7)});
  {
    projector::ReadModel model(directory / "anew.sqlite", test_log_id, script.head(), projector::Writing::live);
    apply(model, script);
    model.close();
  }
  std::filesystem::copy(directory / "anew.sqlite", directory / "old.sqlite");
  Database anew(directory / "anew.sqlite", Open::read), old(directory / "old.sqlite", Open::write);
  BOOST_TEST(one_value(anew, "SELECT title FROM movies WHERE id = 2") == "U+00A0 U+200B");
  BOOST_TEST(one_value(anew, "SELECT magnetUri FROM movie_sources WHERE id = 2") ==
             "magnet:?xt=urn:btih:" + std::string(40, 'b') + "&" + base32.substr(8));
  projector::migrate(old, projector::migrations(), 3);
  old.run(projector::Sql::generated(
      "UPDATE movies SET title = char(160, 0x200b) WHERE id = 2; UPDATE genres SET name = char(0x3000) WHERE id = 2;"
      "UPDATE users SET username = char(0xad) WHERE id = 2; UPDATE sync_states SET key = char(0xfeff) WHERE id = 2;"
      "PRAGMA ignore_check_constraints = ON;"
      "UPDATE movie_sources SET magnetUri = '" +
      base32 + "' WHERE id = 2; PRAGMA ignore_check_constraints = OFF"));
  projector::migrate(old);
  BOOST_TEST(!projector::first_difference(anew, old));
  for (const char* sql : {"SELECT group_concat(name || tbl_name, ' ') FROM (SELECT * FROM sqlite_schema WHERE type = "
                          "'index' ORDER BY name)",
                          "SELECT group_concat(sql, ' ') FROM (SELECT * FROM sqlite_schema ORDER BY name)"})
    BOOST_TEST(one_value(anew, sql) == one_value(old, sql));
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

BOOST_AUTO_TEST_SUITE_END()
