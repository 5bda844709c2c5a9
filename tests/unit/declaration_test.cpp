#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "projector/sqlite/migrations.h"
#include "tests/support/read_models.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(declaration_test)

using namespace catlog;
using namespace catlog::tests;
using events::EntityModel;
using events::Kind;
using events::schema::OnDelete;

namespace {

using Names = std::set<std::string>;

// The data contract's tables and columns, in its order.
const std::map<std::string, std::string> contract = {
    {"movies",
     "id tmdbId title overview releaseDate poster backdrop imdbId runtime budget revenue popularity rating "
     "createdAt updatedAt"},
    {"tv_shows",
     "id tmdbId name overview firstAirDate poster backdrop imdbId status tagline type inProduction "
     "episodeRunTime popularity rating createdAt updatedAt"},
    {"seasons", "id tvShowId seasonNumber name overview airDate episodeCount poster createdAt updatedAt"},
    {"episodes", "id seasonId episodeNumber name overview airDate runtime stillPath createdAt updatedAt"},
    {"movie_sources",
     "id movieId quality type size seeds peers magnetUri infoHash language title score lastSeen "
     "createdAt updatedAt otherHash"},
    {"users", "id username passwordHash role isActive createdAt updatedAt"},
    {"refresh_tokens", "id userId token expiresAt createdAt"},
    {"trakt_users", "id userId username accessToken refreshToken expiresAt createdAt updatedAt"},
    {"media_lists", "id name description isPublic createdAt updatedAt"},
    {"genres", "id tmdbId name createdAt updatedAt"},
    {"genre_translations", "id genreId language name createdAt updatedAt"},
    {"movie_translations", "id movieId language title overview tagline createdAt updatedAt"},
    {"tv_show_translations", "id tvShowId language name overview tagline createdAt updatedAt"},
    {"storage",
     "id infoHash downloadProgress uploadProgress status peers downloaded uploaded lastUpdated createdAt "
     "phase readable failure failedAt directory mainFile mainFileSize totalSize lastAccess"},
    {"sync_states", "id key lastSync data createdAt updatedAt"},
    {"audit_logs", "id userId action resource severity metadata ipAddress userAgent createdAt"},
    {"movie_genres", "movieId genreId"},
    {"tv_show_genres", "tvShowId genreId"},
    {"media_list_movies", "mediaListId movieId"},
    {"media_list_tv_shows", "mediaListId tvShowId"}};

struct TableColumn {
  std::string type;
  bool not_null = false;
};

struct Fixture {
  TemporaryDirectory directory;
  projector::Database database{directory / "model.sqlite", projector::Open::create};
  Fixture() { projector::migrate(database); }

  std::map<std::string, TableColumn> columns(const std::string& table) {
    std::map<std::string, TableColumn> found;
    projector::Statement rows(database, "SELECT name, type, \"notnull\" FROM pragma_table_xinfo(?1)");
    rows.bind(1, std::string_view(table));
    while (rows.step()) found[std::string(rows.text(0))] = {std::string(rows.text(1)), rows.integer(2) == 1};
    return found;
  }
  Names ask(const std::string& sql) {
    projector::Statement rows(database, projector::Sql::generated(sql));
    Names found;
    while (rows.step()) found.insert(std::string(rows.text(0)));
    return found;
  }
};

// The columns that an entity's events write, with their declaration.
std::map<std::string, const events::Column*> declared(const EntityModel& entity) {
  std::map<std::string, const events::Column*> found;
  for (const events::EventType& event : events::model().events()) {
    if (event.entity != entity.entity || entity.is_link) continue;
    if (event.op != events::Op::CREATE && event.op != events::Op::UPDATE) continue;
    for (const events::Column& column : event.columns) found[column.name] = &column;
  }
  return found;
}

std::string sql_type(Kind kind) {
  if (kind == Kind::real) return "REAL";
  return kind == Kind::integer || kind == Kind::flag ? "INTEGER" : "TEXT";
}

std::string sql_action(OnDelete action) {
  return action == OnDelete::RESTRICT ? "RESTRICT" : action == OnDelete::CASCADE ? "CASCADE" : "SET NULL";
}

template <class Check>
void for_each_entity(Check check) {
  for (const EntityModel& entity : events::model().entities()) {
    if (entity.entity == events::Entity::UNSET) continue;
    BOOST_TEST_CONTEXT(entity.table) check(entity);
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(declaration, Fixture)

BOOST_AUTO_TEST_CASE(tables_have_the_contracts_columns_in_its_order) {
  for (const auto& [table, columns] : contract) {
    BOOST_TEST(one_value(database, "SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_table_xinfo('" +
                                       table + "') ORDER BY cid)") == columns);
  }
  Names tables = ask("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'projection%'");
  Names expected;
  for (const auto& [table, columns] : contract) expected.insert(table);
  BOOST_TEST(tables == expected, boost::test_tools::per_element());
  BOOST_TEST(ask("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'")
                 .empty());
}

// Else a command that leaves it out would set it to 0.
BOOST_AUTO_TEST_CASE(what_a_change_may_leave_out_is_known_to_the_decision_state) {
  size_t columns = 0;
  for (const events::EventType& event : events::model().events()) {
    if (event.op != events::Op::UPDATE) continue;
    for (const events::Column& column : event.columns) {
      if (column.absent != events::schema::Absent::ZERO || column.assigned) continue;
      BOOST_TEST(column.kept, event.name + "." + column.name);
      ++columns;
    }
  }
  BOOST_TEST(columns > 0u);
}

BOOST_AUTO_TEST_CASE(the_contracts_indexes_are_there_by_name) {
  Names indexes = ask("SELECT name FROM sqlite_schema WHERE type = 'index'");
  for (const char* name : {"idx_movie_id", "idx_tvshow_id", "idx_user_id", "idx_movie_tmdb", "idx_tvshow_tmdb",
                           "idx_user_username", "idx_source_hash", "idx_season_tvshow", "idx_episode_season",
                           "idx_source_movie", "idx_token_user", "idx_movie_popularity", "idx_tvshow_popularity",
                           "idx_source_quality", "idx_source_last_seen", "idx_audit_user", "idx_audit_created"})
    BOOST_TEST(indexes.contains(name), name);
  // The four unique ones instead of an inline UNIQUE, not beside it.
  BOOST_TEST(
      ask("SELECT t.name FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table' AND i.origin = "
          "'u' AND t.name IN ('movies', 'tv_shows', 'users', 'movie_sources')")
          .empty());
}

BOOST_AUTO_TEST_CASE(columns_are_those_that_events_write) {
  for_each_entity([&](const EntityModel& entity) {
    if (entity.is_link) return;
    Names written{"id"};
    for (const auto& [name, column] : declared(entity)) written.insert(name);
    for (const std::string& name : {entity.owner, entity.created, entity.updated})
      if (!name.empty()) written.insert(name);
    Names found;
    for (const auto& [name, column] : columns(entity.table)) found.insert(name);
    BOOST_TEST(found == written, boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(columns_have_the_declared_type_and_nullability) {
  for_each_entity([&](const EntityModel& entity) {
    auto found = columns(entity.table);
    for (const auto& [name, column] : declared(entity)) {
      BOOST_TEST(found[name].type == sql_type(column->kind), name);
      BOOST_TEST(found[name].not_null == (column->absent != events::schema::Absent::NULL_), name);
    }
    for (const std::string& name : {entity.owner, entity.created, entity.updated})
      if (!name.empty()) BOOST_TEST(found[name].not_null, name);
  });
}

BOOST_AUTO_TEST_CASE(uniques_are_the_declared_ones) {
  for_each_entity([&](const EntityModel& entity) {
    if (entity.is_link) return;
    Names expected;
    for (const events::Index& index : entity.indexes) {
      if (!index.unique) continue;
      std::string columns;
      for (const std::string& column : index.columns) columns += (columns.empty() ? "" : ",") + column;
      expected.insert(columns);
    }
    Names found =
        ask("SELECT (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) "
            "FROM pragma_index_list('" +
            entity.table + "') i WHERE i.\"unique\" = 1 AND i.origin <> 'pk'");
    BOOST_TEST(found == expected, boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(references_and_their_delete_actions_are_the_declared_ones) {
  for_each_entity([&](const EntityModel& entity) {
    Names expected;
    for (const events::Reference& reference : entity.references)
      expected.insert(reference.column + " " + events::model().entity(reference.to).table + ".id " +
                      sql_action(reference.on_delete));
    // By its hash instead of an id, which the declaration has no word for.
    if (entity.table == "storage") expected.insert("infoHash movie_sources.infoHash RESTRICT");
    Names found =
        ask("SELECT \"from\" || ' ' || \"table\" || '.' || \"to\" || ' ' || on_delete FROM pragma_foreign_key_list('" +
            entity.table + "')");
    BOOST_TEST(found == expected, boost::test_tools::per_element());
  });
}

BOOST_AUTO_TEST_CASE(links_have_one_row_for_each_pair_and_an_index_from_the_other_side) {
  for_each_entity([&](const EntityModel& entity) {
    if (!entity.is_link) return;
    BOOST_TEST(one_value(database, "SELECT wr FROM pragma_table_list('" + entity.table + "')") == "1");
    BOOST_TEST(one_value(database, "SELECT count(*) FROM pragma_table_info('" + entity.table + "') WHERE pk > 0") ==
               "2");
    BOOST_TEST(one_value(database, "SELECT name FROM pragma_table_info('" + entity.table + "') WHERE pk = 1") ==
               entity.owner);
    BOOST_TEST(one_value(database, "SELECT c.name <> '" + entity.owner + "' FROM pragma_index_list('" + entity.table +
                                       "') i, pragma_index_info(i.name) c WHERE i.origin = 'c'") == "1");
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
