#include "tests/bench/raw_rows.h"

#include <sqlite3.h>

#include "projector/fold/fold_table.h"
#include "projector/sqlite/migrations.h"
#include "store/files/durable_file.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using projector::Database;
using projector::Sql;
using projector::Statement;

namespace {

constexpr size_t text_chunk_bytes = 1 << 20;

void insert_row(sqlite3_stmt* insert, const projector::Value* row, size_t columns) {
  for (size_t i = 0; i < columns; ++i) {
    const int parameter = static_cast<int>(i) + 1;
    if (auto* text = std::get_if<std::string_view>(&row[i])) {
      sqlite3_bind_text(insert, parameter, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
    } else if (auto* integer = std::get_if<int64_t>(&row[i])) {
      sqlite3_bind_int64(insert, parameter, *integer);
    } else if (auto* real = std::get_if<double>(&row[i])) {
      sqlite3_bind_double(insert, parameter, *real);
    } else {
      sqlite3_bind_null(insert, parameter);
    }
  }
  if (int code = sqlite3_step(insert); code != SQLITE_DONE)
    projector::throw_sqlite_error(sqlite3_db_handle(insert), code, "plain SQLite");
  sqlite3_reset(insert);
}

}  // namespace

TableRows::TableRows(const store::Log& log, const projector::Fold& fold) {
  const Database schema = projector::schema_in_memory();
  for (const events::EntityModel& entity : events::model().entities()) {
    if (entity.entity == events::Entity::UNSET) continue;
    Table& table = tables_.emplace_back(projector::layout_of(schema, entity.table), std::vector<projector::Value>());
    projector::for_each_folded_row(fold, log, entity.entity, table.layout, [&](std::span<const projector::Value> row) {
      for (const projector::Value& value : row) add(table, value);
      ++rows_;
    });
  }
}

void TableRows::add(Table& table, const projector::Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  if (!text) return table.values.push_back(value);
  if (texts_.empty() || texts_.back().size() + text->size() > texts_.back().capacity())
    texts_.emplace_back().reserve(std::max(text_chunk_bytes, text->size()));
  const size_t at = texts_.back().size();
  texts_.back() += *text;
  table.values.emplace_back(std::string_view(texts_.back()).substr(at));
}

double TableRows::insert_into(const std::filesystem::path& file) const {
  const int64_t begin_ns = now_ns();
  {
    Database database(file, projector::Open::create);
    database.run(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
        "PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY");
    projector::migrate(database);
    database.run("PRAGMA foreign_keys = OFF");
    const std::string indexes = projector::drop_indexes(database, projector::Indexes::all);
    database.run("BEGIN IMMEDIATE");
    for (const Table& table : tables_) {
      const Statement insert(database, Sql::generated(table.layout.insert_sql()));
      const size_t columns = table.layout.columns.size();
      for (size_t at = 0; at < table.values.size(); at += columns)
        insert_row(insert.handle(), table.values.data() + at, columns);
    }
    database.run("COMMIT");
    database.run(Sql::generated(indexes));
  }
  store::sync_path(file);
  return static_cast<double>(now_ns() - begin_ns) / 1e9;
}

}  // namespace catlog::bench
