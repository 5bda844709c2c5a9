#pragma once
#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "store/log.h"

namespace catlog::bench {

using RawRecords = std::vector<std::string>;

// The records of these positions as bytes.
RawRecords read_records(const store::Log& log, events::Position from, events::Position to);

// A new LMDB environment and nothing else: the raw limit of an append. Every commit is durable, as the log's are.
//
// Threads: one at a time.
class RawLmdb {
 public:
  // Creates it in a new directory. Throws Failure(failure), as every function here.
  explicit RawLmdb(const std::filesystem::path& directory);
  RawLmdb(const RawLmdb&) = delete;
  ~RawLmdb();
  // One commit.
  void append(std::span<const std::string> records);
  // So often this record, in few commits.
  void fill(const std::string& record, size_t count);
  // Calls `visit(MDB_val)` for each record in order, in one read transaction.
  template <class Visit>
  void read(Visit&& visit) const {
    MDB_txn* txn = nullptr;
    MDB_cursor* cursor = nullptr;
    require(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn));
    require(mdb_cursor_open(txn, dbi_, &cursor));
    MDB_val key, value;
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS) visit(value);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
  }

 private:
  void require(int code) const;
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  uint64_t last_ = 0;
};

struct RawAppend {
  double seconds = 0;
  std::vector<double> commit_us;  // each commit's
  double pages_a_commit = 0;      // of 4,096 bytes that were handed to the kernel
};

constexpr size_t fill_per_commit = 10'000;

// Appends all records to a new environment in `directory`, which is removed again; behind so many others, of the first
// one's bytes, that a commit goes as deep as in the log that it is compared with.
RawAppend append_raw(const std::filesystem::path& directory, const RawRecords& records, size_t records_per_commit,
                     size_t others);

}  // namespace catlog::bench
