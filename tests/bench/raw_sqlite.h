#pragma once
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "projector/sqlite/sqlite.h"
#include "store/log.h"

namespace catlog::bench {

// What the events of a part of the log write, decoded: which statement, with which values.
class RawRows {
 public:
  enum class Others { refused, left_out };  // events that are no plain insert or update of the stream's own row
  // Throws Failure(failure) for an event that is refused.
  RawRows(const store::Log& log, events::Position from, events::Position to, Others others = Others::refused);

  struct Text {
    size_t at, size;  // in text()
  };
  using Cell = std::variant<std::monostate, int64_t, double, Text>;
  struct Row {
    uint16_t which;     // of the event, which decides the statement
    size_t first_cell;  // up to the next row's
  };
  const std::vector<Row>& rows() const { return rows_; }
  // The last one is no row: its first_cell is the end.
  const std::vector<Cell>& cells() const { return cells_; }
  const std::string& text() const { return text_; }
  size_t size() const { return rows_.size() - 1; }

 private:
  std::vector<Row> rows_;
  std::vector<Cell> cells_;
  std::string text_;
};

enum class RawMode { live, bulk };  // the read model's pragmas and indexes in either

// A SQLite file with the read model's schema, and nothing but prepared statements: the raw limit of the projection.
class RawSqlite {
 public:
  RawSqlite(const std::filesystem::path& file, RawMode mode);
  ~RawSqlite();
  RawSqlite(const RawSqlite&) = delete;
  // Writes all rows, so many a transaction; microseconds of each transaction.
  std::vector<double> write(const RawRows& rows, size_t rows_per_transaction);
  // bulk: makes the indexes that were left for last, and syncs the file.
  void finish();
  projector::Database& database() { return database_; }

 private:
  sqlite3_stmt* statement(uint16_t which);
  void write_row(const RawRows& rows, size_t number);

  projector::Database database_;
  std::string deferred_indexes_;
  std::vector<std::unique_ptr<projector::Statement>> statements_;  // by event
};

}  // namespace catlog::bench
