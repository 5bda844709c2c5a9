#pragma once
#include <sys/types.h>

#include <lmdb.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/files/watched_file.h"
#include "store/lmdb/access.h"
#include "store/pages/page_check.h"

// LMDB with owners and with the store's kinds of error. Private to the store: no other room includes it (tests of this
// room do, to damage files).
namespace catlog::store {

constexpr unsigned max_readers = 512;    // read transactions at one time, all processes together
constexpr unsigned max_databases = 16;   // named databases in one environment
constexpr size_t max_idle_readers = 64;  // finished read transactions that an environment keeps for the next snapshots
constexpr size_t least_map_bytes = size_t{1} << 30;  // the least we fall back to where address space is scarce

constexpr size_t page_bytes = 4'096;  // of every machine that we know

constexpr const char* data_file = "data.mdb";  // LMDB's names
constexpr const char* lock_file = "lock.mdb";
constexpr off_t lock_file_bytes = 40'960;  // LMDB needs 64 for each reader, and a header
constexpr const char* meta_database = "meta";
constexpr uint64_t max_looked_through_bytes = 32 << 20;  // a larger file is not looked through whole when it is opened
// Who reads data.mdb registers in lock.mdb, so that no writer uses its pages again: a group that reads one writes the
// other.
constexpr mdb_mode_t file_mode = 0640, lock_file_mode = 0660;

struct Database {
  const char* name;
  unsigned flags;  // MDB_INTEGERKEY or 0
};

// What an environment holds: the content, `meta`, and what a log of format 2 had besides.
struct Layout {
  const char* name;  // for messages: "log"
  size_t map_size_bytes;
  uint64_t format;
  Database content;
  Database tree = {nullptr, 0};                                 // of a log of format 2; no name: there is none
  const char* if_damaged = "see \"Damage\" in ops/RUNBOOK.md";  // what to do, to be read behind a semicolon
};

// Key to value, both any bytes.
using Records = std::vector<std::pair<std::string, std::string>>;

struct Entry {
  std::string_view key, value;
};

struct PageUse {
  uint64_t pages = 0, free = 0;
};

// A 64-bit number as its 8 bytes in the machine's order; the view dies with the number.
inline std::string_view as_text(const uint64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

// An open LMDB environment: durable commits, read transactions that may move between threads.
//
// Threads: read transactions from any; write transactions from one. Everything made of it must die before it.
class Environment {
 public:
  // Opens the files of the directory; the reason, when they are there but are not ours or are damaged. Looked at for
  // that are the pages that reading begins with, and, to write, all pages; of a file of more than
  // max_looked_through_bytes only those that the next commit takes. Throws Failure(usage) when there are no files,
  // Failure(failure) for what the system refuses.
  static std::expected<std::unique_ptr<Environment>, std::string> open(const std::filesystem::path& directory,
                                                                       Access access, const Layout& layout);
  // Makes new files with these entries in `meta`, in place of any. They appear whole or, after a crash, not at all.
  // Throws StorageFull, Failure(failure).
  static void create(const std::filesystem::path& directory, const Layout& layout, const Records& meta);
  // Throws Failure(failure) when it cannot be told.
  static bool exists(const std::filesystem::path& directory);

  Environment(const Environment&) = delete;
  ~Environment();

  const std::filesystem::path& directory() const { return directory_; }
  MDB_dbi content() const { return content_; }
  MDB_dbi tree() const { return tree_; }
  MDB_dbi meta() const { return meta_; }
  int clear_stale_readers();
  // Process id and age, in commits, of each open read transaction of any process.
  std::vector<std::pair<uint64_t, uint64_t>> open_readers() const;
  uint64_t size_bytes() const;  // of data.mdb
  // How many pages data.mdb has, and how many of them wait to be used again.
  PageUse page_use();
  // Looks at all pages of the last commit: what is wrong with them, at most `most` findings. Holds a read transaction
  // meanwhile. Throws Failure(failure), also when the open file is not the one in the directory any more.
  PageCheck check_pages(size_t most, const PageProgress& progress);
  // Says that the open files are not those in the directory any more, or that data.mdb was cut; nothing: all is well.
  // Costs a few stats. Threads: any.
  std::optional<std::string> misplaced() const;
  // Says that data.mdb was cut; nothing: it was not. Costs one fstat.
  std::optional<std::string> cut_short() const;

 private:
  friend class ReadTransaction;
  friend class ReadCursor;
  friend class WriteTransaction;
  // As open; null: its files are being replaced just now.
  static std::expected<std::unique_ptr<Environment>, std::string> try_to_open(const std::filesystem::path& directory,
                                                                              Access access, const Layout& layout);
  Environment(const std::filesystem::path& directory, const Layout& layout);
  int open_files(unsigned flags);
  int open_files(unsigned flags, size_t map_size_bytes);
  static int prepare(MDB_env* env, const std::filesystem::path& directory);
  std::optional<std::string> open_databases();
  int open_database(MDB_txn* txn, const Database& database, MDB_dbi& handle);
  static std::optional<std::string> first_fault(const std::filesystem::path& file, Access access);
  std::expected<FileSeen, int> see_data() const;  // else LMDB's or the system's error
  int watch_files();
  void note_last_commit();
  MDB_txn* take_reader();
  MDB_txn* begin_reader();
  bool was_overtaken(const MDB_txn* reader) const;
  void give_back(MDB_txn* reader) noexcept;
  [[noreturn]] void read_failed(int code) const;
  [[noreturn]] void write_failed(int code);
  static bool is_full(int code, const std::filesystem::path& directory);
  bool survives();

  std::filesystem::path directory_;
  Layout layout_;
  MDB_env* env_ = nullptr;
  MDB_dbi content_ = 0, tree_ = 0, meta_ = 0;
  std::vector<WatchedFile> files_;                   // data.mdb as LMDB opened it, lock.mdb
  mutable std::atomic<uint64_t> largest_bytes_ = 0;  // of data.mdb, which never shrinks
  bool broken_ = false;                              // a write failed: nobody knows what is on disk
  std::mutex mutex_;
  std::vector<MDB_txn*> idle_;  // reset, each keeps its reader slot; guarded by mutex_
};

// A consistent view. Cheap: taken from the environment's idle ones. Views of values die with it.
// Threads: one at a time.
class ReadTransaction {
 public:
  explicit ReadTransaction(Environment& environment);
  ReadTransaction(ReadTransaction&& other) noexcept;
  ~ReadTransaction();
  std::optional<std::string_view> get(MDB_dbi database, std::string_view key) const;
  uint64_t count(MDB_dbi database) const;
  uint64_t commit() const { return mdb_txn_id(txn_); }  // LMDB's number of the one that it sees
  const Environment& environment() const { return *environment_; }

 private:
  friend class ReadCursor;
  Environment* environment_;
  MDB_txn* txn_;
};

// Walks a database in key order. Must die before its transaction.
class ReadCursor {
 public:
  ReadCursor(const ReadTransaction& transaction, MDB_dbi database);
  ReadCursor(const ReadCursor&) = delete;
  ~ReadCursor();
  // Nothing at the end. `seek`: the first entry whose key is not before `key`; an empty key is before all.
  std::optional<Entry> seek(std::string_view key);
  std::optional<Entry> next();
  std::optional<Entry> last();
  // The last entry whose key begins with this byte.
  std::optional<Entry> last_with(char first);
  // Fills `into` with the entries behind `found`, the last one that was found, as far as they lie on its page and are
  // well. The cursor stays where it is. It may find fewer than there are: next() says what follows.
  std::span<const Entry> rest_of_page(const Entry& found, std::span<Entry> into) const;
  // The value of exactly this key. Where it lies near the last one that was found, that costs less than
  // ReadTransaction::get.
  std::optional<std::string_view> get(std::string_view key);

 private:
  std::optional<Entry> move(std::string_view key, MDB_cursor_op op);
  const Environment& environment_;
  MDB_cursor* cursor_ = nullptr;
};

class WriteCursor;

// The one write transaction; undone unless committed. Every function throws StorageFull (undone; the next may succeed)
// or Failure (undone as far as anybody knows; every later one fails).
class WriteTransaction {
 public:
  explicit WriteTransaction(Environment& environment);
  WriteTransaction(const WriteTransaction&) = delete;
  ~WriteTransaction();
  uint64_t count(MDB_dbi database);
  void put(MDB_dbi database, std::string_view key, std::string_view value, unsigned flags = 0);
  void remove(MDB_dbi database, std::string_view key);
  void commit();

 private:
  friend class WriteCursor;
  void require(int code);
  void abort();
  Environment& environment_;
  MDB_txn* txn_ = nullptr;
  std::vector<WriteCursor*> cursors_;  // open ones
};

// Writes many entries of one database; cheapest in key order. Throws as its transaction. Must die before that is
// committed.
class WriteCursor {
 public:
  WriteCursor(WriteTransaction& transaction, MDB_dbi database);
  WriteCursor(const WriteCursor&) = delete;
  ~WriteCursor();
  void put(std::string_view key, std::string_view value, unsigned flags = 0);
  // The same for a value of so many bytes, which the caller fills in before anything else is done to the transaction.
  std::span<std::byte> reserve(std::string_view key, size_t bytes, unsigned flags = 0);
  void remove(std::string_view key);

 private:
  friend class WriteTransaction;
  void close();
  WriteTransaction& transaction_;
  MDB_cursor* cursor_ = nullptr;
};

}  // namespace catlog::store
