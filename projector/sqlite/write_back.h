#pragma once
#include <climits>
#include <cstdint>
#include <future>
#include <optional>

#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

constexpr int wait_for_statements_ms = 20;  // that read the newest state: such end by themselves

// When the WAL of a file that is written is written back, in pages of it.
struct WriteBackOptions {
  int from = 64'000;        // 256 MB: fewer, larger checkpoints are twice as fast
  int again_after = 4'000;  // where readers were in the way
  // How many new ones are handed to the disk at once: many in one go would keep it from the log's commits.
  int handed_at_once = 500;
  // What the writer writes back itself, between two commits, so that the WAL begins anew. Where commits come as fast as
  // passes it is up to four times as much: 6 to 17 ms (ops/FIGURES.md, 122).
  int most_by_writer = 500;
  enum class Runs { beside, at_once };
  Runs runs = Runs::beside;  // at_once: no thread, so that the same happens each time
};
// In time for a WAL that may have so many bytes, of which a quarter is the passes' at most.
WriteBackOptions write_back_within(uint64_t wal_limit_bytes);

// Writes the WAL of a file back into it beside the connection that writes the file, which goes on meanwhile: pass after
// pass on a connection and in a thread of its own, each of what was committed when it began, as long as each leaves
// less than half of what the one before left. The rest, which is little unless commits come faster than they are
// written back, the writer does itself, for only while nothing is committed can the WAL begin anew: some milliseconds,
// more than half of them waiting for the disk, so it says when (write_rest). Nobody waits for readers longer than
// wait_for_statements_ms.
//
// One pass at a time, and each with something to do: a checkpoint that begins just when a commit has the WAL begin anew
// would damage the file (sqlite.org/wal.html, "The WAL-Reset Bug", in SQLite up to 3.51.2). A pass that something is
// left for keeps the WAL from that, and the writer's checkpoints are made in its own thread.
//
// Lifetime: must go before `writer`. Threads: the writer's.
class WriteBack {
 public:
  explicit WriteBack(Database& writer) : writer_(writer) {}
  WriteBack(const WriteBack&) = delete;
  ~WriteBack();  // waits for the pass; what that threw is lost, but a failed sync stays noted (unsynced.h)
  void set(const WriteBackOptions& options) { options_ = options; }

  // To be called after each commit. Throws what a pass threw, as Database: then the writer must be closed, which must
  // write nothing back (leave_wal_files). After SyncFailed nobody may write the file: another process that has it open
  // keeps the WAL's index, which says that pages are in the file that may be lost.
  void committed();
  // What was left to the writer, if there is anything by now: to be called before the next transaction, and best when
  // nobody waits any more for what was committed. Throws as Database::checkpoint_wal.
  void write_rest();
  // Whether a pass goes on right now.
  bool is_under_way() const;
  // Writes back all of it and gives its space back to the disk. False when readers or the disk did not let it. Waits
  // for the pass, and so long for readers. A file that is unsynced is left alone. Throws as committed().
  bool give_back(int wait_ms = 0);
  // Waits for the pass and closes its connection, for whoever wants the file for itself. Throws as committed().
  void finish();

 private:
  static constexpr int all_pages = INT_MAX;
  void begin_with(int pages);
  enum class Does { hand_on, pass };
  bool begin(Does what);  // false: there is no thread to be had
  void take_pass();
  int work(Does what);

  Database& writer_;
  WriteBackOptions options_;
  bool is_rest_due_ = false;
  int written_back_ = 0;            // pages of the WAL
  int handed_on_ = 0;               // pages of the WAL
  int next_ = 0;                    // a pass begins when the WAL has so many pages
  int left_before_ = all_pages;     // of them, when the pass before began
  std::optional<Database> beside_;  // the pass's own connection
  Does does_ = Does::hand_on;       // the thread, and with so many pages
  int pages_of_pass_ = 0;
  std::future<int> pass_;  // how many it found, or made, written back; 0: not known
};

}  // namespace catlog::projector
