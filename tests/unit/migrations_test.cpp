#include <boost/test/unit_test.hpp>

#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/schema_check.h"
#include "projector/sqlite/table_layout.h"
#include "tests/support/read_models.h"
#include "tests/support/run.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(migrations_test)

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Migration;
using projector::Open;

namespace {

// Of each object, without the quotes that a renamed table has around its name.
std::map<std::string, std::string> objects_of(const Database& database) {
  auto objects = projector::schema_objects(database);
  for (auto& [name, sql] : objects) std::erase(sql, '"');
  return objects;
}

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
                                 one_value(database, "PRAGMA application_id"),
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

// What this release wrote goes down to each schema that there was, and comes back: schema, rows and digests are those
// of a file that never was another.
BOOST_AUTO_TEST_CASE(each_step_down_makes_the_schema_before_it_and_up_again_is_as_built_anew) {
  std::filesystem::copy(file, directory / "anew.sqlite");
  for (int version = newest - 1; version > 0; --version) BOOST_TEST_CONTEXT("schema " << version) {
      Database database(file, Open::write), stepped(directory / fmt::format("stepped.{}", version), Open::create);
      projector::migrate(database, projector::migrations(), version);
      projector::migrate(stepped, projector::migrations(), version);
      BOOST_TEST((objects_of(database) == objects_of(stepped)));
      BOOST_TEST(projector::schema_version(database) == version);
      BOOST_TEST(projector::read_checkpoint(database).schema_version == version);
      BOOST_TEST(one_value(database, "PRAGMA application_id") == (version < 6 ? "0" : "1129598023"));
      projector::migrate(database);
      BOOST_TEST(one_value(database, "PRAGMA application_id") == "1129598023");
      BOOST_TEST(projector::schema_digest(database) == projector::own_schema_digest);
      BOOST_TEST(!projector::first_difference(Database(directory / "anew.sqlite", Open::read), database));
    }
  projector::ReadModel(file, test_log_id, 100, projector::Writing::live).close();  // digests it takes when opened
  const std::string digests = "SELECT group_concat(tableName || rowCount || digest) FROM projection_digests";
  BOOST_TEST(one_value(Database(file, Open::read), digests) ==
             one_value(Database(directory / "anew.sqlite", Open::read), digests));
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
      "CREATE TABLE new_lists (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, isPublic INTEGER) STRICT;"
      "INSERT INTO new_lists SELECT id, name, isPublic FROM media_lists; DROP TABLE media_lists;"
      "ALTER TABLE new_lists RENAME TO media_lists;",
      "");
  Database database(file, Open::write);
  database.run("PRAGMA foreign_keys = ON");
  projector::migrate(database, all, newest + 1);
  BOOST_TEST(one_value(database, "SELECT count(*) FROM media_list_movies") == "1");
  BOOST_TEST(one_value(database, "SELECT count(*) FROM lists_with_titles WHERE kind = 'movie'") == "1");
}

// By a program that is not ours: what it would change to make one file of the other, rows and schema, is nothing.
BOOST_AUTO_TEST_CASE(migrated_and_rebuilt_are_the_same_to_sqldiff) {
  const auto sqldiff = [&](const std::string& other) {
    return run({"/usr/bin/env", "sqldiff", directory / "rebuilt.sqlite", directory / other});
  };
  if (run({"/usr/bin/env", "sqldiff", "--help"}).exit_code != 0) {
    BOOST_TEST_MESSAGE("not tried: there is no sqldiff (Debian's package sqlite3-tools)");
    return;
  }
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  RecordScript script = small_catalogue();
  script.append_to(log);
  projector::build_file(log, {}, directory / "rebuilt.sqlite", projector::whole_log);
  for (int version = newest - 1; version > 0; --version) BOOST_TEST_CONTEXT("schema " << version) {
      const std::string name = fmt::format("migrated.{}.sqlite", version);
      {
        projector::ReadModel model(directory / name, log.id(), log.head(), projector::Writing::live);
        projector::catch_up(model, log, projector::whole_log);
        model.close();
      }
      {
        Database database(directory / name, Open::write);
        projector::migrate(database, projector::migrations(), version);
        if (version == newest - 1) {
          const Ran earlier = sqldiff(name);
          BOOST_TEST(has(earlier.out, "schema mismatch"), earlier.out);  // it does find one
        }
        projector::migrate(database);
      }
      projector::ReadModel(directory / name, log.id(), log.head(), projector::Writing::live).close();  // its digests
      const Ran ran = sqldiff(name);
      BOOST_TEST(ran.exit_code == 0, ran.err);
      BOOST_TEST(ran.out == "");
      BOOST_TEST(ran.err == "");
    }
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

BOOST_AUTO_TEST_CASE(a_copy_that_cannot_be_made_leaves_nothing) {
  std::filesystem::create_directory(projector::backup_of(file, newest));  // cannot be replaced
  Database database(file, Open::write);
  BOOST_CHECK_THROW(projector::migrate(database, projector::migrations(), newest - 1), std::exception);
  BOOST_TEST(projector::schema_version(database) == newest);
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    BOOST_TEST(entry.path().string().find(".building") == std::string::npos, entry.path());
}

BOOST_AUTO_TEST_CASE(one_that_fails_changes_nothing) {
  for (const char* up : {"DELETE FROM audit_logs; SELECT nonsense;", "DELETE FROM audit_logs; DELETE FROM seasons;",
                         "DELETE FROM audit_logs; DROP TABLE trakt_users;"}) {
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
