#include "projector/sqlite/migrations.h"

#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "projector/sqlite/stored_digests.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr int first_with_columns_from_the_log = 7;

constexpr mode_t backup_mode = store::shared_file;

void remove_with_journal(const fs::path& file) {
  for (const char* tail : {"", "-journal"}) fs::remove(file.string() + tail);
}

// Under its name it is whole, and survives a power cut. Whoever migrates is the only one who does, so what one that was
// killed has left is written over (or removed: building_files.h).
void backup(Database& database, int version) {
  const fs::path copy = backup_of(database.file(), version), building = copy.string() + ".building";
  try {
    remove_with_journal(building);
    store::make_own_file(building, backup_mode);  // VACUUM takes an empty file for none
    Statement vacuum(database, "VACUUM INTO ?1");
    vacuum.bind(1, std::string_view(building.native())).run();
    store::sync_path(building);
    store::rename_file(building, copy);
  } catch (...) {
    remove_with_journal(building);
    throw;
  }
  store::sync_path(fs::absolute(copy).parent_path());
}

void write_version(Database& database, int version) {
  // PRAGMA takes no parameter.
  database.run(Sql::generated(fmt::format("PRAGMA user_version = {}", version)));
  Statement exists(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'projection_checkpoint'");
  exists.step();
  if (exists.integer(0) == 0) return;
  Statement update(database, "UPDATE projection_checkpoint SET schemaVersion = ?1");
  update.bind(1, int64_t{version}).run();
}

// They were of the rows before.
void forget_digests(Database& database) {
  Statement exists(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'projection_digests'");
  exists.step();
  if (exists.integer(0) == 1) clear_digests(database);
}

// The tables, each with the SQL that makes it.
std::map<std::string, std::string> tables_of(const Database& database) {
  std::map<std::string, std::string> tables;
  Statement rows(database, R"(SELECT name, sql FROM sqlite_schema
                              WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\')");
  while (rows.step()) tables.emplace(rows.text(0), rows.text(1));
  return tables;
}

// A row that is older than a column is short, and the preupdate hook (digest_keeper.h) shows NULL where reading shows
// the default. An UPDATE writes all of it.
void write_rows_anew(Database& database, const std::string& table) {
  Statement last(database, "SELECT name FROM pragma_table_info(?1) ORDER BY cid DESC LIMIT 1");
  last.bind(1, std::string_view(table)).step();
  const std::string update = fmt::format("UPDATE \"{0}\" SET \"{1}\" = \"{1}\"", table, last.text(0));
  last.reset();
  database.run(Sql::generated(update));
}

void check_references(Database& database) {
  Statement broken(database, "SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 1");
  if (!broken.step()) return;
  throw Failure(Exit::damaged, fmt::format("{}: row {} of {} refers to nothing after the migration, which is undone",
                                           database.file().string(), broken.text(1), broken.text(0)));
}

// What a view names may be gone, which SQLite says only when it is asked.
void check_views(Database& database) {
  std::vector<std::string> views;
  {
    Statement rows(database, "SELECT name FROM sqlite_schema WHERE type = 'view'");
    while (rows.step()) views.emplace_back(rows.text(0));
  }
  for (const std::string& view : views)
    Statement(database, Sql::generated(fmt::format("SELECT * FROM \"{}\" LIMIT 0", view))).step();
}

void step_to(Database& database, std::span<const Migration> all, int from, int to) {
  for (int version = from + 1; version <= to; ++version) database.run(Sql::generated(all[size_t(version - 1)].up));
  for (int version = from; version > to; --version) database.run(Sql::generated(all[size_t(version - 1)].down));
}

// What the migrations make of an empty file. Step by step they take 40 ms, of which SQLite reads the whole schema ten
// times over to rename tables that are made anew; so once in a process.
const std::string& newest_schema() {
  static const std::string schema = [] {
    Database stepped(":memory:", Open::create);
    migrate(stepped, migrations(), static_cast<int>(migrations().size()));
    Statement id(stepped, "PRAGMA application_id");
    id.step();
    std::string sql = fmt::format("PRAGMA application_id = {};\n", id.integer(0));
    Statement rows(stepped,
                   R"(SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
                               ORDER BY rowid)");
    while (rows.step()) sql += fmt::format("{};\n", rows.text(0));
    return sql;
  }();
  return schema;
}

}  // namespace

fs::path backup_of(const fs::path& file, int version) { return fmt::format("{}.v{}.backup", file.string(), version); }

bool leaves_columns_empty(int from, int to) {
  return from > 0 && from < first_with_columns_from_the_log && to >= first_with_columns_from_the_log;
}

int schema_version(const Database& database) {
  Statement version(database, "PRAGMA user_version");
  version.step();
  return static_cast<int>(version.integer(0));
}

void migrate(Database& database, std::span<const Migration> all, int version) {
  CATLOG_CHECK(version >= 0 && version <= static_cast<int>(all.size()));
  int from = schema_version(database);
  if (from == version) return;
  if (from > static_cast<int>(all.size())) {
    throw Failure(
        Exit::usage,
        fmt::format("{} has schema {}, made by a later version; this one knows {}: use the later "
                    "version (its `catlog migrate --to {}` brings the file back to this one's), or run `catlog "
                    "rebuild`",
                    database.file().string(), from, all.size(), all.size()));
  }
  if (from != 0) backup(database, from);
  // SQLite cannot switch enforcement inside a transaction, and a table that is made anew loses its children otherwise;
  // nor does it give the new table the old one's name while a view names that, unless it is told not to look.
  database.run("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON");
  {
    Transaction transaction(database, Transaction::Kind::write);
    const auto before = tables_of(database);
    step_to(database, all, from, version);
    for (const auto& [table, sql] : tables_of(database))
      if (const auto was = before.find(table); was == before.end() || was->second != sql)
        write_rows_anew(database, table);
    check_references(database);
    check_views(database);
    write_version(database, version);
    forget_digests(database);
    transaction.commit();
  }
  database.run("PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON");
}

void migrate(Database& database) {
  const int newest = static_cast<int>(migrations().size());
  if (schema_version(database) != 0) return migrate(database, migrations(), newest);
  {
    Transaction transaction(database, Transaction::Kind::write);
    database.run(Sql::generated(newest_schema()));
    write_version(database, newest);
    transaction.commit();
  }
  database.run("PRAGMA foreign_keys = ON");
}

std::string drop_indexes(Database& database, Indexes which) {
  std::string create, drop;
  Statement rows(database, R"(
      SELECT i.name, s.sql FROM sqlite_schema t, pragma_index_list(t.name) i
      JOIN pragma_index_info(i.name) c ON c.seqno = 0
      JOIN sqlite_schema s ON s.type = 'index' AND s.name = i.name
      WHERE t.type = 'table' AND t.name NOT LIKE 'projection%' AND i.origin = 'c' AND (?1 OR i."unique" = 0
        AND c.name NOT IN (SELECT f."from" FROM pragma_foreign_key_list(t.name) f))
      ORDER BY i.name)");
  rows.bind(1, int64_t{which == Indexes::all});
  while (rows.step()) {
    drop += fmt::format("DROP INDEX {};", rows.text(0));
    create += fmt::format("{};", rows.text(1));
  }
  rows.reset();
  database.run(Sql::generated(drop));
  return create;
}

}  // namespace catlog::projector
