#pragma once
#include <cstdint>
#include <memory>

// SQLite's own, for this sub-room.
struct sqlite3;
struct sqlite3_file;

namespace catlog::projector {

// The WAL's part of a commit, written in few large pieces. SQLite writes each page's frame with two writes, 24 bytes of
// header and the page, each of which goes down into the file system by itself.
//
// A VFS in front of SQLite's own collects frames from the COMMIT on, up to the header of the commit's last frame, which
// is the one that says how large the database is afterwards. With that header all that was collected is written; the
// last page, and whatever SQLite still does (checksums written anew, padding, a sync), goes straight through.
//
// - Before SQLite says in the WAL's index that there is a commit, all of it was written by the file's own write, and
//   each error was returned by a write of this commit: after one there is no last frame. Nobody, in whatever connection
//   or process, reads a frame that the index does not have, and one that was killed left none with a last frame.
// - After an error what is collected is given up, and SQLite rolls back, as after an error of any write. The next
//   transaction writes the same places again.
// - Frames that SQLite writes before the COMMIT, because its cache is full, go straight through: they are read again,
//   and rolled back with a savepoint. Whatever is done to the file while something is collected (none of it is, today)
//   finds that written.
// - Only a header of 24 bytes, and a page that follows one, are held at all. A SQLite that writes otherwise is not made
//   faster, and loses nothing.
//
// Threads, lifetime: the connection's.
class WalPieces {
 public:
  // For sqlite3_open_v2: the VFS without which nothing is collected.
  static const char* vfs();

  WalPieces();

  // A COMMIT that is run while this lives, on the stack.
  class Commit {
   public:
    Commit(WalPieces* pieces, sqlite3* handle);  // null: it is written as ever
    Commit(const Commit&) = delete;
    ~Commit();

   private:
    sqlite3_file* wal_ = nullptr;
  };

  // For the VFS: to the file of the one below. They return SQLite's codes.
  int write(sqlite3_file* wal, const char* bytes, int size, int64_t at);
  int hand_on(sqlite3_file* wal);

 private:
  void begin();

  std::unique_ptr<char[]> collected_;
  int size_ = 0;
  int64_t at_ = 0;  // where in the file
  bool ends_with_header_ = false;
  bool is_over_ = false;  // the last frame's header was written
  int failed_ = 0;        // what a write of this commit did
};

}  // namespace catlog::projector
