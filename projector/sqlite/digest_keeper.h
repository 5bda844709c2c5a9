#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/table_digest.h"

namespace catlog::projector {

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
  void count(sqlite3* handle, int operation, Table& table);

  Database& database_;
  std::vector<Table> tables_;
  Table* last_ = nullptr;  // rows of one table tend to follow each other
  RowHasher hasher_;
  int failed_ = 0;  // a code of SQLite
  Statement update_;
};

}  // namespace catlog::projector
