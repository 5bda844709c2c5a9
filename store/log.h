#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "events/error.h"
#include "events/position.h"
#include "store/lmdb/access.h"
#include "store/log_identity.h"
#include "store/proof.h"

namespace catlog::store {

using events::Position;
using Bytes = std::span<const std::byte>;

// A consistent view of the log at one head: an LMDB read transaction.
//
// Keep it for one batch, on the stack: while it lives the file cannot reuse pages. The bytes that it hands out are the
// mapped pages, 8-byte aligned, and die with it; it dies before its Log. Taking one is cheap: no system call, where as
// many were alive at one time before. Threads: one at a time.
class LogSnapshot {
 public:
  LogSnapshot(LogSnapshot&&) noexcept;
  ~LogSnapshot();
  // Position of the last event, 0 when there is none.
  Position head() const;
  // The record at a position; empty for 0 and beyond the head. Throws Failure(damaged) when a position up to the head
  // is missing.
  Bytes read(Position position) const;
  // The head of the Merkle tree over all records, and the one over the first `size` (at most head()). Throw as
  // tree_node.
  TreeHead tree_head() const;
  TreeHead tree_head(Position size) const;
  // The hash of the node of that tree that stands for the 2^level records which end with `last`, a multiple of 2^level
  // up to head() (merkle.h). Throws Failure(damaged) when it is missing.
  Digest tree_node(Position last, unsigned level) const;
  // The proof that the record at `position` is in the tree of `size` records: 0 < position <= size <= head(). Throws as
  // tree_node.
  Path inclusion_proof(Position position, Position size) const;
  // The proof that the tree of `to` records begins with the tree of `from`: 0 < from <= to <= head(). Throws as
  // tree_node.
  Path consistency_proof(Position from, Position to) const;
  // Calls `visit(position, bytes)` for from, from+1, .. up to the head or until it returns false. Throws
  // Failure(damaged) when a position is missing.
  template <class Visit>
  void scan(Position from, Visit&& visit) const {
    if (from == 0) from = 1;
    Cursor cursor(*this, from);
    for (Position position = from;;) {
      const std::span<const Bytes> some = cursor.next();
      if (some.empty()) return;
      Ahead ahead(cursor.page_ahead(), some.size());
      for (const Bytes bytes : some) {
        ahead.fetch();
        if (!visit(position++, bytes)) return;
      }
    }
  }

 private:
  friend class Log;
  struct State;
  // Asks for a page's memory before it is read, in as many parts as records are visited meanwhile: all at once is more
  // than a processor has under way. From its end on, where the first records lie.
  class Ahead {
   public:
    Ahead(const std::byte* page, size_t parts) : page_(page), end_(page ? page + bytes : page), part_(bytes / parts) {}
    void fetch() {
      for (size_t fetched = 0; fetched < part_ && end_ > page_; fetched += line_bytes)
        __builtin_prefetch(end_ -= line_bytes);
    }

   private:
    static constexpr size_t bytes = 4'096, line_bytes = 64;
    const std::byte *page_, *end_;
    size_t part_;
  };
  class Cursor {
   public:
    Cursor(const LogSnapshot& snapshot, Position from);
    ~Cursor();
    Cursor(const Cursor&) = delete;
    // The next few, which die with the next call; empty at the end.
    std::span<const Bytes> next();
    // The page that the next ones lie on; null: not known, or not worth to ask for.
    const std::byte* page_ahead() const;

   private:
    struct CursorState;
    std::unique_ptr<CursorState> state_;
  };
  explicit LogSnapshot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The format of a log's files (FORMAT.md): the one that is read and written, and the one of earlier releases, of which
// a log is made over, and into which it is made over again before an earlier release is used (log_format.h).
constexpr uint64_t log_format = 3, earlier_log_format = 2;

// The log is of another format than this build reads and writes.
class OtherLogFormat : public events::Failure {
 public:
  OtherLogFormat(uint64_t format, const std::string& what) : Failure(events::Exit::damaged, what), format_(format) {}
  uint64_t format() const { return format_; }

 private:
  uint64_t format_;
};

// The log: an LMDB environment whose records are keyed by position. Format: store/FORMAT.md.
//
// One object per process and directory (LMDB's rule). Threads: snapshots from any thread; append from one.
class Log {
 public:
  // write: creates the directory, the files and a random log id when there are none; throws Failure(held) when
  // another process writes here. read: throws Failure(usage) when there is no log; works while another process writes.
  // Failure(damaged) for a byte order that is not ours, a file that LMDB cannot read or that is cut short, positions
  // that are missing, and, to write, a right edge of the tree that is not made of what is below it; OtherLogFormat,
  // which is one, for a format that is not ours. Failure(failure) for what the system refuses. Clears stale readers.
  static Log open(const std::filesystem::path& directory, Access access);
  Log(Log&&) noexcept;
  ~Log();

  // A UUID, made with the log.
  const std::string& id() const;
  const std::optional<ForkedFrom>& forked_from() const;
  LogSnapshot snapshot() const;
  Position head() const;

  // Throws Failure(failure) when the open log is not the one in its directory any more: its files were moved, removed,
  // replaced or cut, or their file system is gone. When it does not throw after a commit, that commit is in the log
  // which the directory's name leads to, and whoever moves the log later moves the commit with it. Costs a few stats.
  // Threads: any.
  void check_in_place() const;

  // Appends records at the positions expected_head+1, .. in one durable commit, with the nodes of the Merkle tree that
  // they complete, and returns the new head. It waits for the disk: when it returns, the records survive a power cut. A
  // record is stream-framed words, a multiple of 8 bytes, at any address; it is copied. Without records nothing is
  // written. The log must have been opened to write.
  // Throws std::invalid_argument when expected_head is not the head, StorageFull, or Failure(failure), also for a file
  // that was cut: then nothing was appended. After StorageFull the next append may succeed; after a Failure every later
  // one throws too, because nobody can know what is on disk.
  //
  // `before_commit` is told the head that the log will have, when nothing but the commit is left to do. What it throws
  // is thrown on, and nothing was appended: so whoever must agree is asked before anything is on the disk.
  using BeforeCommit = std::function<void(const TreeHead& after)>;
  Position append(Position expected_head, std::span<const Bytes> records, const BeforeCommit& before_commit = {});

  // The right edge of the tree over all that is committed. The log must have been opened to write. Threads: append's.
  const Frontier& frontier() const;

  // Gives the log another identity, in one durable commit: for one that a restore has just made and nobody has seen. It
  // must have been opened to write. Throws as append.
  void identify(const LogIdentity& identity);

  // Looks at all pages of the log's file: what is wrong with them, at most `most` findings; empty: LMDB can read and
  // write all of it. `progress(done, pages)` is told now and then. Holds a snapshot meanwhile. Memory: a bit for each
  // page. Throws Failure(failure), also when it is not the log of its directory any more.
  std::vector<std::string> check_pages(size_t most, const std::function<void(uint64_t, uint64_t)>& progress = {}) const;

  // Frees the slots of readers whose process is gone; returns how many.
  int clear_stale_readers() const;
  // The size of the log's file.
  uint64_t size_bytes() const;
  // How many pages that file has, and how many of them wait to be used again.
  struct PageUse {
    uint64_t pages = 0, free = 0;
  };
  PageUse page_use() const;
  // The open read transaction that keeps the most pages from being reused; empty when none is open.
  struct OpenReader {
    uint64_t process_id = 0;
    uint64_t commits_behind = 0;
  };
  std::optional<OpenReader> oldest_reader() const;

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace catlog::store
