#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/position.h"
#include "events/schema/entity.h"
#include "projector/fold/bulk_load.h"
#include "projector/model/projection.h"
#include "projector/quarantine/deviations.h"
#include "projector/quarantine/quarantine.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/digest_keeper.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

constexpr int checkpoint_after_wal_pages = 64'000;  // 256 MB: fewer, larger checkpoints are twice as fast
constexpr uint64_t wal_page_bytes = 4'096;
constexpr int wait_for_readers_after_wal_pages = 256'000;  // 1 GB: from here a commit waits until readers let go

constexpr int live_busy_timeout_ms = 250;  // the loop looks at its stop in between, and tries again

// live: WAL, others read while it is written. bulk: no journal, no sync, no enforcement of references, indexes last;
// for a file that nobody else knows, which is thrown away when anything goes wrong.
enum class Writing { live, bulk };

// A read model that is written: events go in, in order, and its checkpoint goes with them.
//
//   model.begin();
//   for (..) model.apply(record);   // up to the end of a command
//   model.commit();
//
// Threads: one at a time; one writer per file (the caller holds the role's lock).
// Durability: live: after a power cut it may stand at an earlier commit, never at half a command. bulk: none before
// finish_bulk() and a sync of the file.
class ReadModel {
 public:
  // Opens it, or creates it with the schema and an empty checkpoint when there is no such file; an older schema is
  // migrated. Throws Failure(damaged) when it is of another log than `log_id` or beyond `head` (Position max: not
  // known), FileDamaged, and Busy while others hold the file: live, readers too, as long as it is in DELETE mode.
  // Events of `quarantine` are left out, each with its command and whatever cannot be applied without it.
  ReadModel(const std::filesystem::path& file, const std::string& log_id, Position head, Writing writing,
            Quarantine quarantine = {});
  ~ReadModel();  // rolls back what is not committed
  ReadModel(ReadModel&&) = delete;

  void begin();
  // The event after the last one; one that is left out only passes. Throws Unappliable, StorageFull, Busy,
  // Failure(damaged) for a record that is not the next one, Failure: then the transaction is rolled back (bulk: the
  // file is worthless) and position() is the last commit's.
  void apply(const events::RecordReader& record);
  // Everything since begin() together with the checkpoint. The last event must have ended a command. `merkle_head`: the
  // log's at applied(); empty: not known. Fails as apply.
  void commit(std::string_view merkle_head = "");
  void rollback();

  // live: writes the WAL back into the file and gives its room back, as far as readers and the disk let it; whether
  // they did. For a disk that is full. Only between transactions.
  bool give_back_wal();

  // For the events that come. Only between transactions.
  void set_quarantine(Quarantine quarantine);

  // The last event since begin().
  Position applied() const { return applied_; }
  // Of the last commit.
  Position position() const { return position_; }
  // Positions of the last event of each kind of stream ("movies"), as of the last commit.
  const std::map<std::string, Position>& stream_positions() const { return stream_positions_; }
  const std::filesystem::path& file() const { return database_.file(); }
  Database& database() { return database_; }

  // bulk, when it holds no event: takes the rows of a fold, as if its events had been applied and committed. What one
  // row must hold by itself is checked by finish_bulk. Throws as bulk_load: then the file is worthless.
  void load(const Fold& fold, const store::Log& log);
  // bulk: makes the indexes, checks integrity, every constraint and every reference, and takes the tables' digests.
  // From then on events can be applied with all of them enforced, and the digests are kept. Throws Failure(damaged)
  // with the first fault.
  void finish_bulk();
  // Leaves a file that readers without write permission can open: in DELETE mode, or with its WAL files when readers
  // hold it open. Only between transactions; afterwards the object may only be destroyed.
  void close();

 private:
  void configure(Writing writing);
  void keep_wal_bounded();
  void take(const events::RecordReader& record);
  void leave_out(const events::RecordReader& record, Position cause, const std::string& why);
  bool crowds_the_disk(int wal_pages) const;
  bool checkpoint_wal(WalCheckpoint how, int wait_ms);

  Database database_;
  bool owes_wal_ = false;  // it takes most of the free room, and must be given back before more is written
  std::unique_ptr<Projection> projection_;  // its statements go before the database
  std::optional<Statement> write_checkpoint_, write_stream_, write_left_out_;
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
