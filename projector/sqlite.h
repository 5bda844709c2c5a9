#pragma once
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "events/error.h"

namespace catlog::projector {

// Text that may run as SQL. Only literals turn into it by themselves; nothing that came from data ever does.
//
// Lifetime: a view of the text.
class Sql {
 public:
  template <size_t N>
  consteval Sql(const char (&literal)[N]) : text_(literal, N - 1) {}
  // Put together from the declaration, the schema or a migration.
  static Sql generated(std::string_view text) { return Sql(text); }
  // Typed by a person: only for a connection that Guard holds.
  static Sql typed(std::string_view text) { return Sql(text); }
  std::string_view text() const { return text_; }

 private:
  explicit Sql(std::string_view text) : text_(text) {}
  std::string_view text_;
};

// A row that breaks a constraint of the schema. The statement had no effect; the transaction goes on.
class ConstraintViolated : public events::Failure {
 public:
  using events::Failure::Failure;
};

// Another connection's lock stood in the way for as long as was waited. It had no effect; the next try may succeed.
class Busy : public events::Failure {
 public:
  using events::Failure::Failure;
};

// SQLite does not write to the file: nobody may, or another process is changing what it is (its journal mode, its
// name).
class ReadOnly : public events::Failure {
 public:
  using Failure::Failure;
};

// The file does not hold what SQLite wrote, or never was one of SQLite's. Exit::damaged, with what to do.
class FileDamaged : public events::Failure {
 public:
  explicit FileDamaged(const std::string& words);
};

enum class Open { read, write, create };

constexpr int busy_timeout_ms = 10'000;

// One connection to a SQLite file.
//
// Every function here and in Statement throws store::StorageFull when the disk is full (the statement had no effect;
// SQLite may have rolled the transaction back, see in_transaction), ConstraintViolated, Busy, FileDamaged, and
// Failure(failure) for everything else that goes wrong, with SQLite's words and the file.
// Threads: one at a time; interrupt() from any. Durability: as its pragmas say.
class Database {
 public:
  // read: fails when the file is missing, needs no write permission. create: makes the file when it is missing.
  Database(const std::filesystem::path& file, Open open);

  // Runs all statements of a script, throwing rows away.
  void run(Sql script);
  // False when a transaction was never begun, or SQLite gave it up after an error.
  bool in_transaction() const { return !sqlite3_get_autocommit(handle_.get()); }
  // Pages in the WAL after the last commit.
  int wal_pages() const { return *wal_pages_; }
  // Whether the WAL and its index stay on disk when the last connection closes.
  void keep_wal_files();
  const std::filesystem::path& file() const { return file_; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::filesystem::path file_;
  std::unique_ptr<int> wal_pages_;  // at an address that the hook keeps
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement. Parameters and columns count as SQLite counts them: from 1 and from 0.
//
// Lifetime: must go before its Database. Views of columns die with the next step, run or reset.
class Statement {
 public:
  Statement(const Database& database, Sql sql);

  Statement& bind(int parameter, int64_t value);
  Statement& bind(int parameter, double value);  // NaN is NULL
  // The text must live until the statement was run.
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_null(int parameter);
  int parameters() const { return parameters_; }  // how many; they are counted from 1

  // True when there is a row to read.
  bool step();
  // Steps to the end, resets, and says how many rows were changed.
  int64_t run();
  void reset() { sqlite3_reset(handle_.get()); }

  int columns() const { return sqlite3_column_count(handle_.get()); }
  std::string_view name(int column) const { return sqlite3_column_name(handle_.get(), column); }
  int type(int column) const { return sqlite3_column_type(handle_.get(), column); }
  bool is_null(int column) const { return type(column) == SQLITE_NULL; }
  int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  double real(int column) const { return sqlite3_column_double(handle_.get(), column); }
  std::string_view text(int column) const;
  std::string_view bytes(int column) const;  // of a text or blob, as it is stored; quicker than text()
  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  void check(int code) const;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int parameters_ = 0;
};

// BEGIN to COMMIT; rolled back when it goes without commit(). Nothing in it is seen by others before.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
};

// Throws what Database promises for a code of SQLite.
[[noreturn]] void throw_sqlite_error(sqlite3* handle, int code, std::string_view doing);

}  // namespace catlog::projector
