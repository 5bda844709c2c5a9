#include "projector/model/read_model.h"

#include "events/schema/record.h"

#include <fmt/format.h>

#include "events/error.h"
#include "projector/sqlite/file_checks.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/schema_check.h"
#include "projector/sqlite/stored_digests.h"
#include "projector/sqlite/unsynced.h"
#include "store/log.h"
#include "store/records.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

ReadModel::ReadModel(const std::filesystem::path& file, const std::string& log_id, Position head, Writing writing,
                     Quarantine quarantine)
    : readers_(file),
      database_(file, Open::create, writing == Writing::live ? WalWrites::pieces : WalWrites::pages),
      writing_(writing),
      quarantine_(std::move(quarantine)) {
  configure(writing);
  schema_before_ = schema_version(database_);
  migrate(database_);
  if (schema_before_ == 0) {
    Transaction transaction(database_, Transaction::Kind::write);
    create_checkpoint(database_, log_id, schema_version(database_));
    transaction.commit();
  }
  if (writing == Writing::bulk) {
    clear_digests(database_);
    // With references enforced an event that lacks what was left out fails at its position, as it does live.
    if (quarantine_.empty()) database_.run("PRAGMA foreign_keys = OFF");
    deferred_indexes_ = drop_indexes(database_, Indexes::unread_by_projection);
  }
  read_schema_cookie_.emplace(database_, Sql("PRAGMA schema_version"));
  if (writing != Writing::bulk) look_at_schema();
  Checkpoint checkpoint = read_checkpoint(database_);
  check_belongs(checkpoint, file, log_id, head);
  position_ = applied_ = checkpoint.position;
  stream_positions_ = read_stream_positions(database_);
  if (writing != Writing::bulk) digests_.emplace(database_);
  projection_ = std::make_unique<Projection>(database_);
  write_checkpoint_.emplace(database_,
                            Sql("UPDATE projection_checkpoint SET position = ?1, merkleHead = ?2 WHERE id = 1"));
  write_stream_.emplace(database_, Sql("INSERT INTO projection_streams (kind, lastPosition) VALUES (?1, ?2) "
                                       "ON CONFLICT (kind) DO UPDATE SET lastPosition = excluded.lastPosition"));
  write_left_out_.emplace(database_, Sql("INSERT OR REPLACE INTO projection_quarantine (position, why, cause) "
                                         "VALUES (?1, ?2, ?3)"));
  deviations_.emplace(database_);
}

ReadModel::~ReadModel() { rollback(); }

void ReadModel::set_quarantine(Quarantine quarantine) {
  CATLOG_CHECK(!database_.in_transaction());
  quarantine_ = std::move(quarantine);
  listed_ = nullptr;
}

void ReadModel::configure(Writing writing) {
  database_.run("PRAGMA foreign_keys = ON");
  if (writing != Writing::live) {
    // Indexes are sorted in files: what does not fit into the cache would be memory without a bound.
    database_.run(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
        "PRAGMA cache_size = -262144; PRAGMA temp_store = FILE");
    return;
  }
  refuse_unsynced(file());
  database_.wait_for_locks(live_busy_timeout_ms);
  database_.leave_wal_files();  // whatever ends it: only close() and the write-back know what may be written back
  database_.run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
      "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 402653184;"  // more than passes let it come to
      "SELECT count(*) FROM sqlite_schema");
  database_.share_wal_files();
}

std::string ReadModel::wants_rebuild() const {
  const int to = schema_version(database_);
  if (!leaves_columns_empty(schema_before_, to)) return "";
  return fmt::format(
      "the read model was brought from schema {} to {}: columns that are new are empty in older rows; if a release "
      "that "
      "knew them has run on this log before, `catlog rebuild` fills them",
      schema_before_, to);
}

void ReadModel::look_at_schema() {
  read_schema_cookie_->step();
  const int64_t now = read_schema_cookie_->integer(0);
  read_schema_cookie_->reset();
  if (now == schema_cookie_) return;
  require_own_schema(database_);
  schema_cookie_ = now;
}

void ReadModel::begin() {
  // More frames would take the space that is needed to write those back that are there.
  if (owes_wal_ && !give_back_wal(wait_for_statements_ms) && (owes_wal_ = crowds_the_disk())) {
    const auto readers = readers_in_the_way();
    throw events::StorageFull(
        fmt::format("the read model's WAL takes most of the free space, and {}",
                    readers.empty() ? "cannot be written back now" : to_text(readers) + " reads it"));
  }
  write_back_rest();
  database_.begin();
  try {
    if (writing_ == Writing::live) look_at_schema();
    deviations_->look();
  } catch (...) {
    rollback();
    throw;
  }
  applied_ = position_;
  at_command_end_ = true;
  touched_.clear();
}

void ReadModel::apply(const events::RecordReader& record) {
  CATLOG_CHECK(writing_ == Writing::bulk || database_.in_transaction());
  const Position position = record.getPosition();
  try {
    if (position != applied_ + 1)
      throw Failure(Exit::damaged,
                    fmt::format("the record at position {} says that it is at {}", applied_ + 1, position));
    take(record);
  } catch (...) {
    rollback();
    throw;
  }
  applied_ = position;
  touched_[record.getStream()] = applied_;
  at_command_end_ = record.getIndex() + 1 == record.getCount();
}

void ReadModel::take(const events::RecordReader& record) {
  const Position position = record.getPosition();
  // What an event does that this version does not know is not known either, so it cannot be left out.
  if (!events::is_known_stream(record.getStream()))
    throw Unappliable(position, events::unknown_stream(record.getStream()));
  DigestKeeper* digests = digests_ ? &*digests_ : nullptr;
  if (!events::model().event(static_cast<uint16_t>(record.getEvent().which())))
    return projection_->apply(record, digests);
  if (record.getIndex() == 0) listed_ = quarantine_.first_in(position, position + record.getCount() - 1);
  if (const QuarantinedEvent* itself = listed_ ? quarantine_.find(position) : nullptr)
    return leave_out(record, position, itself->why);
  if (listed_) return leave_out(record, listed_->position, "of the same command");
  if (const auto consequence = deviations_->consequence(record))
    return leave_out(record, consequence->cause, consequence->why);
  projection_->apply(record, digests);
  deviations_->applied(record);
}

void ReadModel::leave_out(const events::RecordReader& record, Position cause, const std::string& why) {
  deviations_->left_out(record, cause);
  write_left_out_->bind(1, static_cast<int64_t>(record.getPosition())).bind(2, std::string_view(why));
  write_left_out_->bind(3, static_cast<int64_t>(cause)).run();
}

void ReadModel::commit(std::string_view merkle_head) {
  CATLOG_CHECK(at_command_end_);
  try {
    if (applied_ != position_) write_checkpoint_->bind(1, static_cast<int64_t>(applied_)).bind(2, merkle_head).run();
    for (auto [entity, position] : touched_) {
      std::string_view kind = events::model().entity(entity).table;
      write_stream_->bind(1, kind).bind(2, static_cast<int64_t>(position)).run();
    }
    if (digests_) digests_->write();
    database_.commit();
  } catch (...) {
    rollback();
    throw;
  }
  position_ = applied_;
  is_wal_cut_ = false;
  if (digests_) digests_->committed();
  for (auto [entity, position] : touched_) stream_positions_[events::model().entity(entity).table] = position;
  touched_.clear();
  if (writing_ == Writing::live) keep_wal_bounded();
}

void ReadModel::rollback() {
  database_.roll_back();
  if (digests_) digests_->rolled_back();
  applied_ = position_;
  at_command_end_ = true;
  touched_.clear();
  listed_ = nullptr;
}

// Written back without waiting long for who reads an older state: behind such readers it grows, as far as WalRoom lets
// it.
void ReadModel::keep_wal_bounded() {
  if (crowds_the_disk()) {
    owes_wal_ = true;
    give_back_wal(wait_for_statements_ms);
    return;
  }
  write_back_.committed();
}

// Then its space must be given back while there is some: to be written back, the file itself may have to grow. Readers
// that come and go, such as whoever waits for a position, are waited for there: one of several is always in the way.
bool ReadModel::crowds_the_disk() const {
  std::error_code none;
  const auto space = std::filesystem::space(database_.file(), none);
  return !none && wal_bytes() > space.available / 2;
}

bool ReadModel::give_back_wal(int wait_ms) {
  if (is_wal_cut_) return true;
  // With readers in its way it stays as long as it is, and is tried again.
  if (write_back_.give_back(wait_ms)) {
    owes_wal_ = false;
    is_wal_cut_ = true;
  }
  return is_wal_cut_;
}

void ReadModel::load(const Fold& fold, const store::Log& log) {
  CATLOG_CHECK(writing_ == Writing::bulk && position_ == 0);
  deferred_indexes_ += drop_indexes(database_, Indexes::all);
  // decision 27: both are looked at once, at the end
  database_.run("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
  begin();
  try {
    write_digests(database_, bulk_load(database_, fold, log));
  } catch (...) {
    rollback();
    throw;
  }
  applied_ = fold.position();
  for (const events::EntityModel& stream : events::model().entities())
    if (const Position last = fold.last_in(stream.entity)) touched_[stream.entity] = last;
  commit(merkle_head_at(log, applied_));
  database_.run("PRAGMA ignore_check_constraints = OFF");
}

void ReadModel::finish_bulk() {
  CATLOG_CHECK(writing_ == Writing::bulk);
  database_.run(Sql::generated(deferred_indexes_));
  deferred_indexes_.clear();
  // Others can look at it from now on: the lock goes with the next statement.
  database_.run("PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema");
  check_built(file());
  database_.run("PRAGMA foreign_keys = ON");
  digests_.emplace(database_);
}

void ReadModel::finish_statements() {
  CATLOG_CHECK(!database_.in_transaction());
  write_checkpoint_.reset();
  write_stream_.reset();
  write_left_out_.reset();
  deviations_.reset();
  projection_.reset();
  digests_.reset();
}

void ReadModel::close() {
  finish_statements();
  if (writing_ != Writing::live) return;  // it never was in WAL mode
  write_back_.finish();
  refuse_unsynced(file());
  // A reader that is still there must not hold up the stop.
  database_.wait_for_locks(0);
  // Page 1 goes through a journal then, whose header must not be on disk before the page that it vouches for.
  database_.run("PRAGMA synchronous = FULL");
  Statement mode(database_, "PRAGMA journal_mode = DELETE");
  try {
    if (mode.step() && mode.text(0) == "delete") return;
  } catch (const SyncFailed&) {
    throw;
  } catch (const Failure& failure) {
    // Somebody reads it, or its journal could not be made just now: it stays in WAL mode, and all of it is in its
    // files.
    if (failure.code() != Exit::failure) throw;
  }
  mode.reset();
  leave();
}

void ReadModel::leave() {
  finish_statements();
  write_back_.finish();
  give_back_wal();
}

}  // namespace catlog::projector
