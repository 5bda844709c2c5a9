#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/position.h"
#include "events/schema/entity.h"
#include "projector/fold/bulk_load.h"
#include "projector/model/projection.h"
#include "projector/quarantine/deviations.h"
#include "projector/quarantine/quarantine.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/digest_keeper.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/wal_readers.h"
#include "projector/sqlite/write_back.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

constexpr int live_busy_timeout_ms = 250;  // the loop looks at its stop in between, and tries again

// live: WAL, others read while it is written. bulk: no journal, no sync, no enforcement of references, indexes last;
// for a file that nobody else knows, which is thrown away when anything goes wrong. onward: the same of a file that is
// whole already, a copy: no journal and no sync, but references are enforced, and indexes and digests stay.
enum class Writing { live, bulk, onward };

// A read model that is open to be written: events are applied in order, and each commit moves the checkpoint with them.
//
//   model.begin();
//   for (..) model.apply(record);   // up to the end of a command
//   model.commit();
//
// Threads: one at a time; one writer per file (the caller holds the role's lock).
// Durability: live: after a power cut it may stand at an earlier commit, never at half a command. bulk, onward: none
// before finish_bulk(), close(), and a sync of the file.
class ReadModel {
 public:
  // Opens the file, or creates it with the schema and a checkpoint at 0. An older schema is migrated. Events of
  // `quarantine` are left out, each with its command and whatever cannot be applied without it. `head`: of the log;
  // Position's maximum: not known.
  // Throws Failure(damaged) for a file of another log than `log_id`, or one whose checkpoint is beyond `head`;
  // or, unless in bulk, whose schema somebody changed (schema_check.h); FileDamaged; SyncFailed for a live file that
  // is unsynced (unsynced.h); Busy while others hold the file.
  // `Writing::live` changes a file in DELETE mode to WAL, for which readers must be gone too.
  ReadModel(const std::filesystem::path& file, const std::string& log_id, Position head, Writing writing,
            Quarantine quarantine = {});
  ~ReadModel();  // rolls back what is not committed
  ReadModel(ReadModel&&) = delete;

  // Begins a transaction. Throws StorageFull, Busy, Failure(failure), and SchemaChanged when somebody changed the
  // schema of a live file since it was opened; then none has begun.
  void begin();
  // Applies the event at applied() + 1, or passes one that is left out. Throws Unappliable for one that cannot be
  // applied, StorageFull, Busy, Failure(damaged) for a record that is not the next one, Failure(failure). Then the
  // transaction is rolled back, and applied() is position() again; a file that is written in bulk is of no use any
  // more.
  void apply(const events::RecordReader& record);
  // Commits what was applied since begin(), with the checkpoint. The last event must have ended a command.
  // `merkle_head`: the log's root at applied(), in hex; empty: not known. Throws as apply(), and then rolls back
  // likewise, and SyncFailed, after which the object may only be destroyed.
  void commit(std::string_view merkle_head = "");
  // Ends the transaction without its changes.
  void rollback();

  // When the WAL of a live file is written back: with the options' own values, unless this is called.
  void set_write_back(const WriteBackOptions& options) { write_back_.set(options); }
  // Some milliseconds of that which a commit may leave to be done, for a moment in which nobody waits for what was
  // committed: otherwise the next begin() does it. Only between transactions. Throws as commit().
  void write_back_rest() { write_back_.write_rest(); }
  // Whether it is being written back right now: give_back_wal would wait for that.
  bool is_writing_back() const { return write_back_.is_under_way(); }
  // For a live file that is idle, or on a full disk: writes the WAL back into the file and gives its space back to the
  // disk. False when readers or the disk did not let it: it waits so long for readers. Only between transactions.
  bool give_back_wal(int wait_ms = 0);
  // Whether the WAL could not be given back when it took most of the disk's free space, and still takes that.
  bool owes_wal() const { return owes_wal_ && crowds_the_disk(); }
  uint64_t wal_bytes() const { return static_cast<uint64_t>(database_.wal_pages()) * wal_page_bytes; }
  // Other processes whose transactions keep a live file's WAL from being used again, the oldest first.
  std::vector<WalReader> readers_in_the_way() { return readers_.in_the_way(); }
  // Another process that keeps a live file from being written.
  std::optional<WalReader> other_writer() { return readers_.writer(); }

  // The list for the events that are applied from now on. Only between transactions.
  void set_quarantine(Quarantine quarantine);

  // Why a rebuild is wanted after the migration of the file, if there was one; empty: it is not.
  std::string wants_rebuild() const;
  // The position of the last event that was applied, committed or not.
  Position applied() const { return applied_; }
  // The position of the last commit.
  Position position() const { return position_; }
  // Positions of the last event of each kind of stream ("movies"), as of the last commit.
  const std::map<std::string, Position>& stream_positions() const { return stream_positions_; }
  const std::filesystem::path& file() const { return database_.file(); }
  Database& database() { return database_; }

  // For a file that is written in bulk and holds no event: writes and commits the rows of a fold, as if its events had
  // been applied. Constraints of rows are not looked at before finish_bulk. Throws as bulk_load (bulk_load.h): then the
  // file is of no use.
  void load(const Fold& fold, const store::Log& log);
  // Ends writing in bulk: makes the indexes, checks integrity, every constraint and every reference, and takes the
  // tables' digests. Events that are applied afterwards are held to all of them. Throws Failure(damaged) with the first
  // fault.
  void finish_bulk();
  // Closes the file so that readers without write permission can open it: in DELETE mode, or, where readers hold it
  // open, with its WAL files beside it. Only between transactions; afterwards the object may only be destroyed. Throws
  // StorageFull, SyncFailed for a file that is unsynced, Failure(failure).
  void close();
  // Closes a live file that another generation took the place of: it stays in WAL mode, so no reader is refused or
  // waited for. As close().
  void leave();

 private:
  void configure(Writing writing);
  void look_at_schema();
  void keep_wal_bounded();
  void take(const events::RecordReader& record);
  void leave_out(const events::RecordReader& record, Position cause, const std::string& why);
  bool crowds_the_disk() const;
  void finish_statements();

  WalReaders readers_;  // goes after the database
  Database database_;
  WriteBack write_back_{database_};
  int schema_before_ = 0;
  int64_t schema_cookie_ = 0;  // SQLite's count of changes of the schema, as it was when that was looked at
  bool owes_wal_ = false;      // the WAL takes most of the free space, and must be given back before more is written
  bool is_wal_cut_ = false;    // nothing is in it, and its file is empty
  std::unique_ptr<Projection> projection_;  // its statements go before the database
  std::optional<Statement> write_checkpoint_, write_stream_, write_left_out_, read_schema_cookie_;
  std::optional<Deviations> deviations_;
  std::optional<DigestKeeper> digests_;  // bulk: from finish_bulk on
  Writing writing_;
  Quarantine quarantine_;
  std::string deferred_indexes_;
  Position position_ = 0, applied_ = 0;
  std::map<std::string, Position> stream_positions_;
  std::map<events::Entity, Position> touched_;  // since begin
  const QuarantinedEvent* listed_ = nullptr;    // of the command at hand
  bool at_command_end_ = true;
};

}  // namespace catlog::projector
