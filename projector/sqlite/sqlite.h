#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/error.h"
#include "projector/sqlite/wal_pieces.h"

// SQLite's own, for this sub-room: nobody else includes its header.
struct sqlite3;
struct sqlite3_stmt;

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
  // Typed by a person: only for a connection that Guard holds, or an empty one in memory.
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

// SQLite does not write to the file: the file may not be written, or another process is changing its journal mode or
// its name.
class ReadOnly : public events::Failure {
 public:
  using Failure::Failure;
};

// The file does not hold what SQLite wrote, or never was one of SQLite's. Exit::damaged, with what to do.
class FileDamaged : public events::Failure {
 public:
  explicit FileDamaged(const std::string& words);
};

// To be called before the process uses SQLite, where no statement's memory is limited (limit_statements): SQLite counts
// no memory then, which costs a lock at each allocation, a tenth of what a row costs.
void count_no_memory();

enum class Open { read, write, create };
// How commit() writes a WAL: each page by itself, as SQLite does, or as WalPieces.
enum class WalWrites { pages, pieces };

constexpr int busy_timeout_ms = 10'000;
constexpr uint64_t wal_page_bytes = 4'096;

// passive: as much as no reader stands in the way of. restart: all, so that the WAL begins anew, waiting for readers as
// for locks. truncate: as restart, and its file becomes empty.
enum class WalCheckpoint { passive, restart, truncate };
// all: what `how` says was done. Else a reader or another checkpoint was in the way, or the disk was full.
struct WrittenBack {
  bool all = false;
  int pages = 0;  // of the WAL, from its beginning on; 0: not known
};

enum class ColumnType { null, integer, real, text, blob };

class Statement;

// One connection to a SQLite file.
//
// Every function here and in Statement throws events::StorageFull when the disk is full (the statement had no effect;
// SQLite may have rolled the transaction back, see in_transaction), ConstraintViolated, Busy, FileDamaged, SyncFailed
// (unsynced.h), and Failure(failure) for everything else that goes wrong, with SQLite's words and the file.
// Threads: one at a time; interrupt() from any. Durability: as its pragmas say.
class Database {
 public:
  // read: fails when the file is missing, needs no write permission. create: makes the file when it is missing.
  Database(const std::filesystem::path& file, Open open, WalWrites wal_writes = WalWrites::pages);

  // Runs all statements of a script, throwing rows away.
  void run(Sql script);
  // Begins a transaction that writes; ends it, with its changes.
  void begin();
  void commit();
  // False when a transaction was never begun, or SQLite gave it up after an error.
  bool in_transaction() const;
  // Ends the transaction, where there is one, without its changes.
  void roll_back() noexcept;
  // How long the following statements wait for another connection's lock; busy_timeout_ms until this is called.
  void wait_for_locks(int ms);
  // Pages in the WAL after the last commit or checkpoint.
  int wal_pages() const { return *wal_pages_; }
  // Writes the WAL back, as far as `how` says, and waits no longer than that for others. What was committed stays so,
  // whatever comes of it.
  WrittenBack checkpoint_wal(WalCheckpoint how, int wait_ms = 0);
  // Makes what was written back durable: a checkpoint does so by itself only when nothing is left in the WAL.
  void sync_file();
  // From now on closing the last connection leaves the WAL and its index as they are: it writes nothing back, and takes
  // no lock for that by which a reader who comes just then would be refused.
  void leave_wal_files();
  // Lets the directory's group read the WAL and its index, which are there: SQLite makes them with the file's mode, but
  // of this process's own group.
  void share_wal_files();
  const std::filesystem::path& file() const { return file_; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  void run_kept(std::shared_ptr<Statement>& statement, Sql sql);

  std::filesystem::path file_;
  std::optional<WalPieces> pieces_;
  int waits_for_locks_ms_ = busy_timeout_ms;
  std::unique_ptr<int> wal_pages_;  // at an address that the hook keeps
  std::unique_ptr<sqlite3, Close> handle_;
  std::shared_ptr<Statement> begin_, commit_;  // made at their first use
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
  void reset();

  int columns() const;
  std::string_view name(int column) const;
  ColumnType type(int column) const;
  bool is_null(int column) const { return type(column) == ColumnType::null; }
  int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::string_view bytes(int column) const;  // of a text or blob, as it is stored; quicker than text()
  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  friend class Guard;
  explicit Statement(sqlite3_stmt* prepared);
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  void check(int code) const;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int parameters_ = 0;
};

// One use of a statement that is kept, on the stack. The statement is reset before the use, because one that was
// stepped takes no other parameters, and after it, so that nothing of it stays open.
//
// Lifetime: must go before the Statement. One at a time of one statement.
class Query {
 public:
  explicit Query(Statement& statement) : statement_(statement) { statement_.reset(); }
  Query(const Query&) = delete;
  ~Query() { statement_.reset(); }
  Statement* operator->() const { return &statement_; }
  Statement& operator*() const { return statement_; }

 private:
  Statement& statement_;
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
