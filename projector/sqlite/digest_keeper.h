#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/table_digest.h"

namespace catlog::projector {

class KnownRows;

// What a statement is about to write into one row, by the table's columns: so that a row which is known already is not
// asked of SQLite again, value by value, which costs a sixth of what writing it does (ops/FIGURES.md, "101").
struct RowWritten {
  struct Cell {
    Value value;           // as the table will hold it, or its default where an insert does not say it
    bool is_kept = false;  // an update leaves it as it is
  };
  std::string_view table;
  std::vector<Cell> cells;
};

// Keeps the digests of the read model's tables while rows change through one connection, whatever changes them: it
// sees each row before and after through SQLite's preupdate hook, those that foreign keys take too.
//
// A statement that failed is not to be followed by a commit: its rows were counted.
// Threads: the connection's. Lifetime: must go before the Database. Durability: the transaction's.
class DigestKeeper {
 public:
  // Begins with the file's digests, or, when it does not say all of them, with those of its rows (then it makes the
  // file say them, in a transaction of its own). To be made outside a transaction.
  explicit DigestKeeper(Database& database);
  ~DigestKeeper();
  DigestKeeper(const DigestKeeper&) = delete;

  // What the statements that are run from now on write, until it is called with null. Changes that they lead to, of
  // other rows, are seen as ever. The values must live as long, and be what the statements are given.
  void expect(const RowWritten* written) { written_ = written; }

  // Writes those that changed, inside the transaction that is to be committed.
  void write();
  // To be called after the COMMIT, respectively the ROLLBACK.
  void committed();
  void rolled_back();

 private:
  struct Table {
    std::string name;
    std::vector<char> is_real;  // by column: SQLite may hand over a small whole real as an integer
    TableDigest now, committed;
  };
  // The shape of sqlite3_preupdate_hook's callback.
  static void row_changes(void* self, sqlite3* handle, int operation, const char* schema, const char* table,
                          long long old_row_id, long long new_row_id) noexcept;
  Table* table_named(std::string_view name);
  void count(sqlite3* handle, int operation, Table& table, long long old_row_id);
  const RowWritten* expected(sqlite3* handle, const Table& table) const;
  template <class ValueOf>
  void read(sqlite3* handle, const Table& table, ValueOf* value_of, RowHasher& into);
  void take(const RowWritten& written, std::string_view before);

  Database& database_;
  std::vector<Table> tables_;
  Table* last_ = nullptr;  // rows of one table tend to follow each other
  std::unique_ptr<KnownRows> known_;
  RowHasher before_, after_;
  const RowWritten* written_ = nullptr;
  int failed_ = 0;  // a code of SQLite
  Statement update_;
};

}  // namespace catlog::projector
