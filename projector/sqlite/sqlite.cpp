#include "projector/sqlite/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "projector/sqlite/unsynced.h"
#include "store/files/disk_space.h"
#include "store/files/own_file.h"

namespace catlog::projector {

namespace {

constexpr const char* in_memory = ":memory:";
// The directory's group may read reports; SQLite gives -wal and -shm the same mode.
constexpr mode_t database_mode = store::shared_file;

int open_flags(Open open) {
  switch (open) {
    case Open::read:
      return SQLITE_OPEN_READONLY;
    case Open::write:
      return SQLITE_OPEN_READWRITE;
    case Open::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return 0;
}

// current.sqlite is a link, and what it leads to may be a FIFO, for whose other end SQLite would wait.
void refuse_other_than_file(const std::filesystem::path& file) {
  std::error_code error;
  const auto found = std::filesystem::status(file, error);
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
    throw events::Failure(events::Exit::failure, fmt::format("cannot open {}: it is no regular file", file.string()));
}

// SQLITE_CANTOPEN: a journal or a file could not be made; the error behind it is lost by then.
bool is_full(sqlite3* handle, int code, const std::filesystem::path& file) {
  const int kind = code & 0xff;
  if (kind == SQLITE_FULL) return true;
  if (kind != SQLITE_IOERR && kind != SQLITE_CANTOPEN) return false;
  const int error = sqlite3_system_errno(handle);
  if (error == ENOSPC || error == EDQUOT || store::is_almost_full(file.parent_path())) return true;
  return kind == SQLITE_CANTOPEN && !store::has_room_for_file(file.parent_path());
}

// sqlite3_wal_hook takes the place of the automatic checkpoint: who opens for writing makes checkpoints.
int remember_wal_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

FileDamaged::FileDamaged(const std::string& words)
    : Failure(events::Exit::damaged,
              words + "; the file is damaged: run `catlog rebuild` if it is the live read model, else delete it") {}

void throw_sqlite_error(sqlite3* handle, int code, std::string_view doing) {
  const char* file = handle ? sqlite3_db_filename(handle, "main") : nullptr;
  std::string words = fmt::format("{}: {} ({}, {})", file ? file : "", handle ? sqlite3_errmsg(handle) : "",
                                  sqlite3_errstr(code), doing);
  // Also for want of room. Where there is a journal instead of a WAL, SQLite writes what was there again, and syncs it.
  if (std::error_code unknown;
      code == SQLITE_IOERR_FSYNC && file && std::filesystem::exists(std::string(file) + "-wal", unknown))
    fail_sync(file, words);
  if (is_full(handle, code, file ? file : "")) throw events::StorageFull(words);
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      throw ConstraintViolated(events::Exit::failure, words);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Busy(events::Exit::failure, words);
    case SQLITE_READONLY:
      throw ReadOnly(events::Exit::failure, fmt::format("{}, code {}", words, code));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw FileDamaged(words);
    default:
      throw events::Failure(events::Exit::failure, words);
  }
}

namespace {

// The file behind a link of ours, which names its neighbour: current.sqlite. Any other link stays what it is.
std::filesystem::path behind_link(const std::filesystem::path& file) {
  std::error_code is_none;
  const auto target = std::filesystem::read_symlink(file, is_none);
  return is_none || target != target.filename() ? file : file.parent_path() / target;
}

}  // namespace

void count_no_memory() { CATLOG_CHECK(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK); }

Database::Database(const std::filesystem::path& file, Open open, WalWrites wal_writes)
    : file_(file), wal_pages_(std::make_unique<int>(0)) {
  if (wal_writes == WalWrites::pieces) pieces_.emplace();
  if (open == Open::create && file != in_memory) store::make_own_file(file, database_mode);
  if (open == Open::write) static_cast<void>(store::has_own_file(behind_link(file)));
  if (open == Open::read && file != in_memory) refuse_other_than_file(file);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, open_flags(open) | SQLITE_OPEN_NOMUTEX,
                                   pieces_ ? WalPieces::vfs() : nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) {
    if (handle && is_full(handle, code, std::filesystem::absolute(file)))
      throw events::StorageFull(fmt::format("no space to open {}: {}", file.string(), sqlite3_errstr(code)));
    throw events::Failure(events::Exit::failure,
                          fmt::format("cannot open {}: {}", file.string(), sqlite3_errstr(code)));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  if (open != Open::read) sqlite3_wal_hook(handle, remember_wal_pages, wal_pages_.get());
}

void Database::run(Sql script) {
  const char* at = script.text().data();
  const char* end = at + script.text().size();
  while (at < end) {
    sqlite3_stmt* raw = nullptr;
    int code = sqlite3_prepare_v2(handle(), at, static_cast<int>(end - at), &raw, &at);
    std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
    if (code != SQLITE_OK) throw_sqlite_error(handle(), code, "preparing a script");
    if (!raw) continue;  // a comment
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
    }
    if (code != SQLITE_DONE) throw_sqlite_error(handle(), code, "running a script");
  }
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

void Database::begin() { run_kept(begin_, "BEGIN IMMEDIATE"); }

void Database::commit() {
  const WalPieces::Commit in_pieces(pieces_ ? &*pieces_ : nullptr, handle());
  run_kept(commit_, "COMMIT");
}

// Read by SQLite's parser once, not for each small transaction.
void Database::run_kept(std::shared_ptr<Statement>& statement, Sql sql) {
  if (!statement) statement = std::make_shared<Statement>(*this, sql);
  statement->run();
}

bool Database::in_transaction() const { return !sqlite3_get_autocommit(handle()); }

void Database::roll_back() noexcept {
  // After some errors SQLite has rolled back already; a failing ROLLBACK leaves nothing that could be committed.
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::wait_for_locks(int ms) {
  waits_for_locks_ms_ = ms;
  sqlite3_busy_timeout(handle(), ms);
}

WrittenBack Database::checkpoint_wal(WalCheckpoint how, int wait_ms) {
  const int mode = how == WalCheckpoint::passive   ? SQLITE_CHECKPOINT_PASSIVE
                   : how == WalCheckpoint::restart ? SQLITE_CHECKPOINT_RESTART
                                                   : SQLITE_CHECKPOINT_TRUNCATE;
  int pages = 0, written_back = 0;  // -1: there is no WAL
  sqlite3_busy_timeout(handle(), wait_ms);
  const int code = sqlite3_wal_checkpoint_v2(handle(), "main", mode, &pages, &written_back);
  sqlite3_busy_timeout(handle(), waits_for_locks_ms_);
  if (code == SQLITE_OK) {
    *wal_pages_ = std::max(pages, 0);
    return {pages <= written_back, std::max(written_back, 0)};
  }
  if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) return {};
  try {
    throw_sqlite_error(handle(), code, "writing the WAL back");
  } catch (const events::StorageFull&) {
    return {};  // the next commit says so, if it still is
  }
}

void Database::sync_file() {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK) throw_sqlite_error(handle(), code, "finding what to sync");
  if (!file->pMethods || file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK) return;
  // The connection knows nothing of it: its words and its errno are of an earlier error.
  const int error = errno;
  fail_sync(file_, fmt::format("{}: disk I/O error ({}, syncing the file)", file_.string(), std::strerror(error)));
}

void Database::leave_wal_files() {
  if (const int code = sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); code != SQLITE_OK)
    throw_sqlite_error(handle(), code, "leaving the WAL");
}

void Database::share_wal_files() {
  for (const char* suffix : {"-wal", "-shm"}) store::give_to_owner(file_.string() + suffix);
}

Statement::Statement(const Database& database, Sql sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(database.handle(), sql.text().data(), static_cast<int>(sql.text().size()),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  handle_.reset(statement);
  if (code != SQLITE_OK) throw_sqlite_error(database.handle(), code, "preparing a statement");
  CATLOG_CHECK(statement != nullptr);
  parameters_ = sqlite3_bind_parameter_count(statement);
}

Statement::Statement(sqlite3_stmt* prepared) : handle_(prepared), parameters_(sqlite3_bind_parameter_count(prepared)) {}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

void Statement::check(int code) const {
  if (code == SQLITE_OK) return;
  throw_sqlite_error(sqlite3_db_handle(handle_.get()), code, "binding a value");
}

Statement& Statement::bind(int parameter, int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  check(sqlite3_bind_double(handle_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() ? text.data() : "";
  check(sqlite3_bind_text64(handle_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(handle_.get(), parameter));
  return *this;
}

bool Statement::step() {
  int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* database = sqlite3_db_handle(handle_.get());
  try {
    throw_sqlite_error(database, code, "running a statement");
  } catch (...) {
    reset();  // it would hold its locks otherwise, and resetting first would lose SQLite's words
    throw;
  }
}

int64_t Statement::run() {
  while (step()) {
  }
  int64_t changed = sqlite3_changes64(sqlite3_db_handle(handle_.get()));
  reset();
  return changed;
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

int Statement::columns() const { return sqlite3_column_count(handle_.get()); }

std::string_view Statement::name(int column) const { return sqlite3_column_name(handle_.get(), column); }

ColumnType Statement::type(int column) const {
  switch (sqlite3_column_type(handle_.get(), column)) {
    case SQLITE_INTEGER:
      return ColumnType::integer;
    case SQLITE_FLOAT:
      return ColumnType::real;
    case SQLITE_TEXT:
      return ColumnType::text;
    case SQLITE_BLOB:
      return ColumnType::blob;
    default:
      return ColumnType::null;
  }
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(handle_.get(), column); }

std::string_view Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(handle_.get(), column);
  size_t size = static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column));
  return data ? std::string_view(reinterpret_cast<const char*>(data), size) : std::string_view();
}

std::string_view Statement::bytes(int column) const {
  auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  auto size = static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {data ? data : "", data ? size : 0};
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  if (kind == Kind::write) {
    database_.begin();
  } else {
    database_.run("BEGIN");
    // BEGIN alone takes no snapshot.
    database_.run("SELECT count(*) FROM sqlite_schema");
  }
}

Transaction::~Transaction() { database_.roll_back(); }

void Transaction::commit() { database_.commit(); }

}  // namespace catlog::projector
