#include "projector/sqlite/wal_pieces.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/sqlite/vfs_shim.h"

namespace catlog::projector {

namespace {

constexpr int frame_header_bytes = 24, most_bytes = 31 * (frame_header_bytes + 4'096);  // frames of the usual page
static_assert(most_bytes <= 0x1ffff);  // SQLite's own VFS drops the higher bits of a write's length

struct WalFile {
  sqlite3_file base;
  WalPieces* into;  // while a commit is collected
};
using WalShim = VfsShim<WalFile>;

// Bytes 4 to 8: how many pages the database has after the commit that ends with this frame; 0: more follow.
bool is_last_frame(const char* header) {
  return std::any_of(header + 4, header + 8, [](char byte) { return byte != 0; });
}

int hand_on_collected(sqlite3_file* file) {
  WalPieces* pieces = WalShim::ours(file).into;
  return pieces ? pieces->hand_on(WalShim::below(file)) : SQLITE_OK;
}

constexpr sqlite3_io_methods straight = WalShim::handing_on();

constexpr sqlite3_io_methods collecting = [] {
  sqlite3_io_methods calls = straight;
  calls.xWrite = [](sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
    if (WalPieces* pieces = WalShim::ours(file).into)
      return pieces->write(WalShim::below(file), static_cast<const char*>(from), bytes, at);
    return straight.xWrite(file, from, bytes, at);
  };
  calls.xRead = [](sqlite3_file* file, void* into, int bytes, sqlite3_int64 at) {
    const int code = hand_on_collected(file);
    return code == SQLITE_OK ? straight.xRead(file, into, bytes, at) : code;
  };
  calls.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) {
    const int code = hand_on_collected(file);
    return code == SQLITE_OK ? straight.xTruncate(file, size) : code;
  };
  calls.xSync = [](sqlite3_file* file, int flags) {
    const int code = hand_on_collected(file);
    return code == SQLITE_OK ? straight.xSync(file, flags) : code;
  };
  calls.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
    const int code = hand_on_collected(file);
    return code == SQLITE_OK ? straight.xFileSize(file, size) : code;
  };
  return calls;
}();

sqlite3_vfs* vfs_below() {
  static sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
  return below;
}

int open_wal(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* below = vfs_below();
  if (!(flags & SQLITE_OPEN_WAL)) return below->xOpen(below, name, file, flags, flags_out);
  return WalShim::open_ours(below, name, file, flags, flags_out, collecting);
}

}  // namespace

const char* WalPieces::vfs() {
  static sqlite3_vfs shim = WalShim::in_front_of(*vfs_below(), "catlog-wal-pieces", open_wal);
  static const int code = sqlite3_vfs_register(&shim, 0);
  if (code != SQLITE_OK)
    throw events::Failure(events::Exit::failure, fmt::format("cannot write a WAL: {}", sqlite3_errstr(code)));
  return shim.zName;
}

WalPieces::WalPieces() : collected_(std::make_unique<char[]>(most_bytes)) {}

WalPieces::Commit::Commit(WalPieces* pieces, sqlite3* handle) {
  sqlite3_file* journal = nullptr;
  if (!pieces || sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal) != SQLITE_OK) return;
  if (!journal || journal->pMethods != &collecting) return;  // no WAL
  wal_ = journal;
  pieces->begin();
  WalShim::ours(wal_).into = pieces;
}

WalPieces::Commit::~Commit() {
  if (wal_) WalShim::ours(wal_).into = nullptr;
}

void WalPieces::begin() {
  size_ = 0;
  ends_with_header_ = is_over_ = false;
  failed_ = SQLITE_OK;
}

int WalPieces::write(sqlite3_file* wal, const char* bytes, int size, int64_t at) {
  if (failed_ != SQLITE_OK) return failed_;
  const bool is_header = size == frame_header_bytes, is_last = is_header && is_last_frame(bytes);
  const bool follows = size_ > 0 && at == at_ + size_;
  const bool is_held = !is_over_ && (is_header ? !is_last : follows && ends_with_header_ && size <= most_bytes);
  is_over_ = is_over_ || is_last;
  if (!follows || size > most_bytes - size_)
    if (const int code = hand_on(wal); code != SQLITE_OK) return code;
  if (size_ == 0 && !is_held) return failed_ = wal->pMethods->xWrite(wal, bytes, size, at);
  if (size_ == 0) at_ = at;
  std::memcpy(collected_.get() + size_, bytes, static_cast<size_t>(size));
  size_ += size;
  ends_with_header_ = is_header;
  return is_held ? SQLITE_OK : hand_on(wal);
}

int WalPieces::hand_on(sqlite3_file* wal) {
  if (size_ == 0) return SQLITE_OK;
  return failed_ = wal->pMethods->xWrite(wal, collected_.get(), std::exchange(size_, 0), at_);
}

}  // namespace catlog::projector
