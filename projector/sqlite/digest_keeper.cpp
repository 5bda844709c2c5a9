// Debian's SQLite has the preupdate hook; its header shows it to those who ask.
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "projector/sqlite/digest_keeper.h"

#include <sqlite3.h>

#include <algorithm>

#include "projector/sqlite/known_rows.h"
#include "projector/sqlite/stored_digests.h"

namespace catlog::projector {

namespace {

std::vector<char> real_columns(const Database& database, const std::string& table) {
  Statement columns(database, "SELECT type = 'REAL' FROM pragma_table_info(?1) ORDER BY cid");
  columns.bind(1, std::string_view(table));
  std::vector<char> is_real;
  while (columns.step()) is_real.push_back(columns.integer(0) != 0);
  return is_real;
}

// Not sqlite3_value_text, which copies to put a 0 behind it.
std::string_view bytes_of(sqlite3_value* value) {
  auto* data = static_cast<const char*>(sqlite3_value_blob(value));
  auto size = static_cast<size_t>(sqlite3_value_bytes(value));
  return {data ? data : "", data ? size : 0};
}

void add_value(RowHasher& hasher, sqlite3_value* value, ColumnType declared) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return declared == ColumnType::real ? hasher.real(sqlite3_value_double(value))
                                          : hasher.integer(sqlite3_value_int64(value));
    case SQLITE_FLOAT:
      return hasher.real(sqlite3_value_double(value));
    case SQLITE_TEXT:
      return hasher.text(bytes_of(value));
    case SQLITE_BLOB:
      return hasher.blob(bytes_of(value));
    default:
      return hasher.null();
  }
}

}  // namespace

DigestKeeper::DigestKeeper(Database& database)
    : database_(database),
      known_(std::make_unique<KnownRows>()),
      update_(database, "UPDATE projection_digests SET rowCount = ?2, digest = ?3 WHERE tableName = ?1") {
  Digests digests = read_digests(database);
  const auto& names = digested_tables();
  if (!std::all_of(names.begin(), names.end(), [&](const auto& name) { return digests.contains(name); })) {
    Transaction transaction(database, Transaction::Kind::write);
    digests = scan_digests(database);
    write_digests(database, digests);
    transaction.commit();
  }
  for (const std::string& name : names)
    tables_.push_back({name, real_columns(database, name), digests[name], digests[name]});
  sqlite3_preupdate_hook(database.handle(), row_changes, this);
}

DigestKeeper::~DigestKeeper() { sqlite3_preupdate_hook(database_.handle(), nullptr, nullptr); }

void DigestKeeper::row_changes(void* self, sqlite3* handle, int operation, const char* schema, const char* name,
                               long long old_row_id, long long) noexcept {
  if (std::string_view(schema) != "main") return;
  auto& keeper = *static_cast<DigestKeeper*>(self);
  if (Table* table = keeper.table_named(name)) keeper.count(handle, operation, *table, old_row_id);
}

DigestKeeper::Table* DigestKeeper::table_named(std::string_view name) {
  if (last_ && last_->name == name) return last_;
  auto found = std::find_if(tables_.begin(), tables_.end(), [&](const Table& table) { return table.name == name; });
  return found == tables_.end() ? nullptr : last_ = &*found;
}

void DigestKeeper::count(sqlite3* handle, int operation, Table& table, long long old_row_id) {
  const RowWritten* written = expected(handle, table);
  const KnownRows::Id id{static_cast<size_t>(&table - tables_.data()), old_row_id};
  const KnownRows::Row* known = operation == SQLITE_INSERT ? nullptr : known_->find(id);
  if (operation != SQLITE_INSERT && !known) read(handle, table, sqlite3_preupdate_old, before_);
  if (operation != SQLITE_DELETE) {
    const std::string_view before = known ? known->bytes : before_.bytes();
    if (written)
      take(*written, operation == SQLITE_UPDATE ? before : std::string_view());
    else
      read(handle, table, sqlite3_preupdate_new, after_);
  }
  if (operation != SQLITE_INSERT) table.now.subtract(known ? known->hash : before_.finish());
  const std::string_view after = after_.bytes();
  const RowHash hash = operation == SQLITE_DELETE ? RowHash() : after_.finish();
  if (operation != SQLITE_DELETE) table.now.add(hash);
  // Rows that are only made are left out: most are not changed soon. So are those whose id may be another one now.
  if (operation == SQLITE_UPDATE && written)
    known_->keep(id, after, hash);
  else if (known)
    known_->forget(id);
}

// What foreign keys do comes at a greater depth.
const RowWritten* DigestKeeper::expected(sqlite3* handle, const Table& table) const {
  const bool is_it = written_ && written_->table == table.name && written_->cells.size() == table.is_real.size() &&
                     sqlite3_preupdate_count(handle) == static_cast<int>(table.is_real.size()) &&
                     sqlite3_preupdate_depth(handle) == 0;
  return is_it ? written_ : nullptr;
}

template <class ValueOf>
void DigestKeeper::read(sqlite3* handle, const Table& table, ValueOf* value_of, RowHasher& into) {
  const int columns = sqlite3_preupdate_count(handle);
  for (int column = 0; column < columns; ++column) {
    sqlite3_value* value = nullptr;
    if (int code = value_of(handle, column, &value); code != SQLITE_OK) failed_ = code;
    auto index = static_cast<size_t>(column);
    if (value)
      add_value(into, value,
                index < table.is_real.size() && table.is_real[index] ? ColumnType::real : ColumnType::integer);
    else
      into.null();
  }
}

// SQLite copies each new value to hand it over: of a row that is expected only those before are asked for.
void DigestKeeper::take(const RowWritten& written, std::string_view before) {
  size_t kept = 0;  // bytes of `before` whose columns stay, and are not taken yet
  const auto take_kept = [&] {
    if (kept == 0) return;
    after_.again(before.substr(0, kept));
    before.remove_prefix(kept);
    kept = 0;
  };
  for (const RowWritten::Cell& cell : written.cells) {
    const size_t size = before.empty() ? 0 : size_of_value(before.substr(kept));
    if (size != 0 && cell.is_kept) {
      kept += size;
      continue;
    }
    take_kept();
    after_.value(cell.value);
    before.remove_prefix(size);
  }
  take_kept();
}

void DigestKeeper::write() {
  if (failed_ != SQLITE_OK) throw_sqlite_error(database_.handle(), failed_, "reading a row that changes");
  for (const Table& table : tables_) {
    if (table.now == table.committed) continue;
    std::string digits = hex(table.now);
    update_.bind(1, std::string_view(table.name)).bind(2, table.now.rows).bind(3, std::string_view(digits)).run();
  }
}

void DigestKeeper::committed() {
  for (Table& table : tables_) table.committed = table.now;
}

void DigestKeeper::rolled_back() {
  for (Table& table : tables_) table.now = table.committed;
  known_->forget_all();
  failed_ = SQLITE_OK;
}

}  // namespace catlog::projector
