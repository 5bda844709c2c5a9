#include "projector/sqlite/table_layout.h"

#include <fmt/format.h>

#include "projector/sqlite/migrations.h"

namespace catlog::projector {

namespace {

// A default is an expression of the schema; a column of REAL holds 0 as 0.0.
void read_default(const Database& database, std::string_view expression, std::string_view type,
                  TableLayout::Column& column) {
  if (expression.empty()) return;
  Statement value(database, Sql::generated(fmt::format("SELECT {}", expression)));
  value.step();
  if (value.type(0) == ColumnType::text) {
    column.default_text = value.text(0);
    column.default_value = std::string_view(column.default_text);
  } else if (type == "REAL") {
    column.default_value = value.real(0);
  } else if (value.type(0) == ColumnType::integer) {
    column.default_value = value.integer(0);
  }
}

}  // namespace

TableLayout layout_of(const Database& database, const std::string& table) {
  TableLayout layout{table, {}};
  Statement rows(database, "SELECT name, type, dflt_value, pk FROM pragma_table_info(?1) ORDER BY cid");
  rows.bind(1, std::string_view(table));
  while (rows.step()) layout.columns.push_back({std::string(rows.text(0)), rows.integer(3) > 0, {}, {}});
  rows.reset();
  // Views of text: only once the columns stay where they are.
  for (size_t i = 0; rows.step(); ++i) read_default(database, rows.text(2), rows.text(1), layout.columns[i]);
  if (layout.columns.empty())
    throw events::Failure(events::Exit::failure, fmt::format("{} has no table {}", database.file().string(), table));
  return layout;
}

std::string TableLayout::insert_sql() const {
  std::string names, values;
  for (size_t i = 0; i < columns.size(); ++i) {
    names += fmt::format("{}{}", i ? ", " : "", columns[i].name);
    values += fmt::format("{}?{}", i ? ", " : "", i + 1);
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table, names, values);
}

Database schema_in_memory() {
  Database database(":memory:", Open::create);
  migrate(database);
  return database;
}

}  // namespace catlog::projector
