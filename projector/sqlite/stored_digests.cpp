#include "projector/sqlite/stored_digests.h"

#include <charconv>

#include <fmt/format.h>

#include "events/schema/model.h"

namespace catlog::projector {

namespace {

constexpr size_t lane_digits = 16;

uint64_t lane_of(std::string_view digits) {
  uint64_t value = 0;
  auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != lane_digits || error != std::errc() || at != digits.data() + digits.size())
    throw events::Failure(events::Exit::damaged, "projection_digests holds a digest that is not 32 hexadecimal digits");
  return value;
}

bool has_table(const Database& database, std::string_view name) {
  Statement exists(database, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1");
  exists.bind(1, name).step();
  return exists.integer(0) == 1;
}

void add_column(RowHasher& hasher, const Statement& row, int column) {
  switch (row.type(column)) {
    case ColumnType::integer:
      return hasher.integer(row.integer(column));
    case ColumnType::real:
      return hasher.real(row.real(column));
    case ColumnType::text:
      return hasher.text(row.bytes(column));
    case ColumnType::blob:
      return hasher.blob(row.bytes(column));
    case ColumnType::null:
      return hasher.null();
  }
}

TableDigest scan(const Database& database, const std::string& table, RowHasher& hasher) {
  TableDigest digest;
  Statement rows(database, Sql::generated(fmt::format("SELECT * FROM \"{}\"", table)));
  const int columns = rows.columns();
  while (rows.step()) {
    for (int column = 0; column < columns; ++column) add_column(hasher, rows, column);
    digest.add(hasher.finish());
  }
  return digest;
}

}  // namespace

const std::vector<std::string>& digested_tables() {
  static const std::vector<std::string> tables = [] {
    std::vector<std::string> names;
    for (const events::EntityModel& entity : events::model().entities())
      if (entity.entity != events::Entity::UNSET) names.push_back(entity.table);
    return names;
  }();
  return tables;
}

Digests read_digests(const Database& database) {
  Digests digests;
  if (!has_table(database, "projection_digests")) return digests;
  Statement rows(database, "SELECT tableName, rowCount, digest FROM projection_digests");
  while (rows.step()) {
    std::string_view digits = rows.text(2);
    if (digits.size() != 2 * lane_digits) lane_of("");
    digests.emplace(rows.text(0), TableDigest{rows.integer(1), lane_of(digits.substr(lane_digits)),
                                              lane_of(digits.substr(0, lane_digits))});
  }
  return digests;
}

Digests scan_digests(const Database& database) {
  Digests digests;
  RowHasher hasher;
  for (const std::string& table : digested_tables())
    if (has_table(database, table)) digests.emplace(table, scan(database, table, hasher));
  return digests;
}

void write_digests(Database& database, const Digests& digests) {
  clear_digests(database);
  Statement insert(database, "INSERT INTO projection_digests (tableName, rowCount, digest) VALUES (?1, ?2, ?3)");
  for (const auto& [table, digest] : digests) {
    std::string digits = hex(digest);
    insert.bind(1, std::string_view(table)).bind(2, digest.rows).bind(3, std::string_view(digits)).run();
  }
}

void clear_digests(Database& database) { database.run("DELETE FROM projection_digests"); }

}  // namespace catlog::projector
