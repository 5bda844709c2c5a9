#include <fmt/format.h>

#include "events/error.h"
#include "store/lmdb/environment.h"
#include "store/pages/page_format.h"

namespace catlog::store {

using events::Exit;
using events::Failure;

namespace {

MDB_val to_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

std::string_view to_view(const MDB_val& val) { return {static_cast<const char*>(val.mv_data), val.mv_size}; }

// The entries of a leaf behind the one whose key lies at `key_at`; up to the first that is not plain.
std::span<const Entry> read_leaf_behind(std::span<const std::byte> page, size_t key_at, std::span<Entry> into) {
  const auto header = copy_of<PageHeader>(page);
  if ((header.flags & page_flag::kinds) != page_flag::leaf) return {};
  const size_t table_end = std::min<size_t>(header.lower, page.size() - 1);
  const auto offset_at = [&](size_t at) { return copy_of<uint16_t>(page, at); };
  size_t at = page_header_bytes;
  while (at < table_end && offset_at(at) + node_header_bytes != key_at) at += sizeof(uint16_t);
  size_t count = 0;
  for (at += sizeof(uint16_t); at < table_end && count < into.size(); at += sizeof(uint16_t)) {
    const auto node = plain_node_at(page, offset_at(at));
    if (!node) break;
    into[count++] = {node->key, node->value};
  }
  return into.first(count);
}

}  // namespace

ReadTransaction::ReadTransaction(Environment& environment)
    : environment_(&environment), txn_(environment.take_reader()) {}

ReadTransaction::ReadTransaction(ReadTransaction&& other) noexcept
    : environment_(other.environment_), txn_(std::exchange(other.txn_, nullptr)) {}

ReadTransaction::~ReadTransaction() {
  if (txn_) environment_->give_back(txn_);
}

std::optional<std::string_view> ReadTransaction::get(MDB_dbi database, std::string_view key) const {
  MDB_val key_val = to_val(key), value;
  const int code = mdb_get(txn_, database, &key_val, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != MDB_SUCCESS) environment_->read_failed(code);
  return to_view(value);
}

uint64_t ReadTransaction::count(MDB_dbi database) const {
  MDB_stat stat;
  if (const int code = mdb_stat(txn_, database, &stat)) environment_->read_failed(code);
  return stat.ms_entries;
}

ReadCursor::ReadCursor(const ReadTransaction& transaction, MDB_dbi database) : environment_(transaction.environment()) {
  if (const int code = mdb_cursor_open(transaction.txn_, database, &cursor_)) environment_.read_failed(code);
}

ReadCursor::~ReadCursor() { mdb_cursor_close(cursor_); }

std::optional<Entry> ReadCursor::move(std::string_view key, MDB_cursor_op op) {
  MDB_val key_val = to_val(key), value;
  const int code = mdb_cursor_get(cursor_, &key_val, &value, op);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != MDB_SUCCESS) environment_.read_failed(code);
  return Entry{to_view(key_val), to_view(value)};
}

std::optional<Entry> ReadCursor::seek(std::string_view key) {
  return move(key, key.empty() ? MDB_FIRST : MDB_SET_RANGE);
}

std::optional<Entry> ReadCursor::next() { return move({}, MDB_NEXT); }

std::optional<Entry> ReadCursor::last() { return move({}, MDB_LAST); }

std::optional<Entry> ReadCursor::last_with(char first) {
  const auto next = static_cast<char>(static_cast<unsigned char>(first) + 1);
  const bool is_before_others = next != '\0' && seek({&next, 1});
  const auto entry = is_before_others ? move({}, MDB_PREV) : last();
  return entry && entry->key.starts_with(first) ? entry : std::nullopt;
}

std::span<const Entry> ReadCursor::rest_of_page(const Entry& found, std::span<Entry> into) const {
  MDB_stat stat;
  const bool has_usual_pages =
      mdb_stat(mdb_cursor_txn(cursor_), mdb_cursor_dbi(cursor_), &stat) == MDB_SUCCESS && stat.ms_psize == page_bytes;
  if (!has_usual_pages) return {};  // others need not lie at multiples of their size
  const auto at = reinterpret_cast<uintptr_t>(found.key.data()), in_page = at % page_bytes;
  return read_leaf_behind({reinterpret_cast<const std::byte*>(at - in_page), page_bytes}, in_page, into);
}

std::optional<std::string_view> ReadCursor::get(std::string_view key) {
  const auto entry = move(key, MDB_SET);
  return entry ? std::optional(entry->value) : std::nullopt;
}

WriteTransaction::WriteTransaction(Environment& environment) : environment_(environment) {
  if (environment_.broken_)
    throw Failure(Exit::failure,
                  fmt::format("an earlier write to {} failed: nothing more is written until it is opened "
                              "again",
                              environment_.directory().string()));
  if (const int code = mdb_txn_begin(environment_.env_, nullptr, 0, &txn_)) environment_.write_failed(code);
}

WriteTransaction::~WriteTransaction() { abort(); }

// LMDB would free what is still open.
void WriteTransaction::abort() {
  for (WriteCursor* cursor : cursors_) cursor->close();
  if (txn_) mdb_txn_abort(std::exchange(txn_, nullptr));
}

// The transaction ends first: finding out how the environment is needs its write lock.
void WriteTransaction::require(int code) {
  if (code == MDB_SUCCESS) return;
  abort();
  environment_.write_failed(code);
}

uint64_t WriteTransaction::count(MDB_dbi database) {
  MDB_stat stat;
  require(mdb_stat(txn_, database, &stat));
  return stat.ms_entries;
}

void WriteTransaction::put(MDB_dbi database, std::string_view key, std::string_view value, unsigned flags) {
  MDB_val key_val = to_val(key), value_val = to_val(value);
  require(mdb_put(txn_, database, &key_val, &value_val, flags));
}

void WriteTransaction::remove(MDB_dbi database, std::string_view key) {
  MDB_val key_val = to_val(key);
  if (const int code = mdb_del(txn_, database, &key_val, nullptr); code != MDB_NOTFOUND) require(code);
}

WriteCursor::WriteCursor(WriteTransaction& transaction, MDB_dbi database) : transaction_(transaction) {
  transaction_.require(mdb_cursor_open(transaction_.txn_, database, &cursor_));
  transaction_.cursors_.push_back(this);
}

WriteCursor::~WriteCursor() {
  close();
  std::erase(transaction_.cursors_, this);
}

void WriteCursor::close() {
  if (cursor_) mdb_cursor_close(std::exchange(cursor_, nullptr));
}

void WriteCursor::put(std::string_view key, std::string_view value, unsigned flags) {
  MDB_val key_val = to_val(key), value_val = to_val(value);
  transaction_.require(mdb_cursor_put(cursor_, &key_val, &value_val, flags));
}

std::span<std::byte> WriteCursor::reserve(std::string_view key, size_t bytes, unsigned flags) {
  MDB_val key_val = to_val(key), value_val{bytes, nullptr};
  transaction_.require(mdb_cursor_put(cursor_, &key_val, &value_val, flags | MDB_RESERVE));
  return {static_cast<std::byte*>(value_val.mv_data), bytes};
}

void WriteCursor::remove(std::string_view key) {
  MDB_val key_val = to_val(key), value;
  const int code = mdb_cursor_get(cursor_, &key_val, &value, MDB_SET);
  if (code == MDB_NOTFOUND) return;
  transaction_.require(code);
  transaction_.require(mdb_cursor_del(cursor_, 0));
}

void WriteTransaction::commit() { require(mdb_txn_commit(std::exchange(txn_, nullptr))); }

}  // namespace catlog::store
