#include "tests/bench/raw_lmdb.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

constexpr size_t map_size_bytes = size_t{64} << 30;

}  // namespace

RawRecords read_records(const store::Log& log, events::Position from, events::Position to) {
  RawRecords records;
  auto snapshot = log.snapshot();
  snapshot.scan(from, [&](events::Position position, store::Bytes bytes) {
    records.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return position < to;
  });
  return records;
}

RawLmdb::RawLmdb(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  require(mdb_env_create(&env_));
  require(mdb_env_set_mapsize(env_, map_size_bytes));
  require(mdb_env_set_maxdbs(env_, 1));
  require(mdb_env_open(env_, directory.c_str(), MDB_NOTLS, 0600));
  MDB_txn* txn = nullptr;
  require(mdb_txn_begin(env_, nullptr, 0, &txn));
  require(mdb_dbi_open(txn, "records", MDB_CREATE | MDB_INTEGERKEY, &dbi_));
  require(mdb_txn_commit(txn));
}

RawLmdb::~RawLmdb() {
  if (env_) mdb_env_close(env_);
}

void RawLmdb::require(int code) const {
  if (code != MDB_SUCCESS)
    throw events::Failure(events::Exit::failure, fmt::format("plain LMDB: {}", mdb_strerror(code)));
}

void RawLmdb::append(std::span<const std::string> records) {
  MDB_txn* txn = nullptr;
  require(mdb_txn_begin(env_, nullptr, 0, &txn));
  for (const auto& record : records) {
    ++last_;
    MDB_val key{sizeof last_, &last_};
    MDB_val value{record.size(), const_cast<char*>(record.data())};
    require(mdb_put(txn, dbi_, &key, &value, MDB_APPEND));
  }
  require(mdb_txn_commit(txn));
}

void RawLmdb::fill(const std::string& record, size_t count) {
  for (size_t left = count; left > 0; left -= std::min(left, fill_per_commit))
    append(RawRecords(std::min(left, fill_per_commit), record));
}

RawAppend append_raw(const std::filesystem::path& directory, const RawRecords& records, size_t records_per_commit,
                     size_t others) {
  RawAppend result;
  {
    RawLmdb lmdb(directory);
    lmdb.fill(records.front(), others);
    const uint64_t before = bytes_written();
    std::span<const std::string> rest(records);
    int64_t begin_ns = now_ns();
    while (!rest.empty()) {
      auto batch = rest.first(std::min(records_per_commit, rest.size()));
      int64_t commit_ns = now_ns();
      lmdb.append(batch);
      result.commit_us.push_back(static_cast<double>(now_ns() - commit_ns) / 1'000);
      rest = rest.subspan(batch.size());
    }
    result.seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
    result.pages_a_commit = pages(bytes_written() - before) / static_cast<double>(result.commit_us.size());
  }
  std::filesystem::remove_all(directory);
  return result;
}

}  // namespace catlog::bench
