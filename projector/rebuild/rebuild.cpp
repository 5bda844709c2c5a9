#include "projector/rebuild/rebuild.h"

#include "events/schema/record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "events/error.h"
#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/sqlite/migrations.h"
#include "store/files/durable_file.h"
#include "store/files/file_copy.h"
#include "store/files/file_lock.h"
#include "store/files/own_file.h"
#include "store/records.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr Position events_per_transaction = 10'000;

// Reading the log is the smaller part of a fold's work, and told as half of it.
Progress half_of(const Progress& progress) {
  if (!progress) return {};
  return [&progress](Position done, Position head) { progress(done / 2, head); };
}

std::unique_ptr<ReadModel> build_folded(const store::Log& log, const Quarantine& quarantine, const fs::path& file,
                                        Position up_to, const Progress& progress) {
  auto model = std::make_unique<ReadModel>(file, log.id(), log.head(), Writing::bulk, quarantine);
  model->load(fold_log(log, up_to, half_of(progress)), log);  // the fold goes before indexes are sorted
  model->finish_bulk();
  if (progress) progress(model->position(), model->position());
  return model;
}

std::unique_ptr<ReadModel> build_ordered(const store::Log& log, const Quarantine& quarantine, const fs::path& file,
                                         Position up_to, const Progress& progress) {
  auto model = std::make_unique<ReadModel>(file, log.id(), log.head(), Writing::bulk, quarantine);
  catch_up(*model, log, up_to, progress);
  model->finish_bulk();
  return model;
}

// For the next try; as many may read it as before.
void empty_again(const fs::path& file) {
  const auto mode = static_cast<mode_t>(fs::status(file).permissions() & fs::perms::mask);
  remove_database(file);
  store::make_own_file(file, mode);
}

// Whether the events themselves, applied in order, may be what is wrong.
bool is_of_the_events(const Failure& failure) {
  return failure.code() == Exit::unapplied || failure.code() == Exit::damaged;
}

}  // namespace

Fold fold_log(const store::Log& log, Position up_to, const Progress& progress, std::pmr::memory_resource& memory) {
  Fold fold(memory);
  store::for_each_record(log, 1, up_to, [&](events::schema::Record::Reader record) {
    const Position position = record.getPosition();
    if (record.getIndex() == 0 && position + record.getCount() - 1 > up_to) return false;
    fold.take(record);
    if (progress && position % events_per_transaction == 0) progress(position, std::min(up_to, log.head()));
    return true;
  });
  return fold;
}

std::unique_ptr<ReadModel> build(const store::Log& log, const Quarantine& quarantine, const fs::path& file,
                                 Position up_to, Strategy strategy, const Progress& progress) {
  if (strategy == Strategy::fold && !quarantine.leaves_out(up_to)) {
    try {
      return build_folded(log, quarantine, file, up_to, progress);
    } catch (const FileDamaged&) {
      throw;  // the disk's work, not an event's
    } catch (const Failure& failure) {
      if (!is_of_the_events(failure)) throw;
      empty_again(file);
    }
  }
  return build_ordered(log, quarantine, file, up_to, progress);
}

void catch_up(ReadModel& model, const store::Log& log, Position up_to, const Progress& progress) {
  Position in_transaction = 0;
  store::for_each_record(log, model.position() + 1, up_to, [&](events::schema::Record::Reader record) {
    Position ends_at = record.getPosition() + (record.getCount() - record.getIndex()) - 1;
    if (record.getIndex() == 0 && ends_at > up_to) return false;
    if (in_transaction == 0) model.begin();
    model.apply(record);
    ++in_transaction;
    if (ends_at == record.getPosition() && in_transaction >= events_per_transaction) {
      model.commit(merkle_head_at(log, model.applied()));
      in_transaction = 0;
      if (progress) progress(model.position(), std::min(up_to, log.head()));
    }
    return true;
  });
  if (in_transaction != 0) model.commit(merkle_head_at(log, model.applied()));
  if (progress) progress(model.position(), std::min(up_to, log.head()));
}

namespace {

void refuse_existing(const fs::path& file) {
  const auto there = fs::symlink_status(file);
  if (fs::is_directory(there)) throw Failure(Exit::usage, fmt::format("{} is a folder: name a file", file.string()));
  if (fs::exists(there)) throw Failure(Exit::usage, fmt::format("{} is there already: remove it first", file.string()));
}

[[noreturn]] void not_in_place(const fs::path& file, int error) {
  const std::string sentence = fmt::format("cannot make {}: {}", file.string(), std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) throw events::StorageFull(sentence);
  throw Failure(Exit::failure, sentence);
}

void put_in_place(const fs::path& built, const fs::path& file) {
  int error = ::renameat2(AT_FDCWD, built.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  if (error == EINVAL || error == ENOSYS) {  // not every file system can refuse to replace a file while it renames
    refuse_existing(file);
    error = ::rename(built.c_str(), file.c_str()) == 0 ? 0 : errno;
  }
  if (error == EEXIST) refuse_existing(file);
  if (error != 0) not_in_place(file, error);
  store::sync_path(fs::absolute(file).parent_path());
}

}  // namespace

Position build_file(const store::Log& log, const Quarantine& quarantine, const fs::path& file, Position up_to,
                    const Progress& progress, Strategy strategy) {
  refuse_existing(file);
  remove_abandoned(file);
  const Building building(own_building(file));
  const auto model = build(log, quarantine, building.file(), up_to, strategy, progress);
  const Position position = model->position();
  model->close();
  store::sync_path(building.file());
  put_in_place(building.file(), file);
  return position;
}

Position build_file_from(const fs::path& earlier, const store::Log& log, const Quarantine& quarantine,
                         const fs::path& file, Position up_to, const Progress& progress) {
  refuse_existing(file);
  remove_abandoned(file);
  const Building building(own_building(file));
  store::copy_own_file(earlier, building.file());
  ReadModel model(building.file(), log.id(), log.head(), Writing::onward, quarantine);
  check_history(read_checkpoint(model.database()), earlier, log);
  catch_up(model, log, up_to, progress);
  const Position position = model.position();
  model.close();
  store::sync_path(building.file());
  put_in_place(building.file(), file);
  return position;
}

Position compare_with_live(ReadModel& rebuilt, const store::Log& log, const fs::path& live,
                           const std::function<bool(const Difference&)>& visit) {
  Database database(live, Open::read);
  Transaction snapshot(database, Transaction::Kind::read);
  Checkpoint checkpoint = read_checkpoint(database);
  check_belongs(checkpoint, live, log.id(), log.head());
  check_history(checkpoint, live, log);
  CATLOG_CHECK(rebuilt.position() <= checkpoint.position);
  catch_up(rebuilt, log, checkpoint.position);
  if (rebuilt.position() != checkpoint.position) {
    throw Failure(Exit::damaged, fmt::format("{} stands at position {}, which is inside a command that ends later",
                                             live.string(), checkpoint.position));
  }
  compare(database, rebuilt.database(), visit);
  return checkpoint.position;
}

Position position_as_of(const store::Log& log, int64_t time_us) {
  store::LogSnapshot snapshot = log.snapshot();
  Position at_or_before = 0, after = snapshot.head() + 1;
  while (after - at_or_before > 1) {
    Position middle = at_or_before + (after - at_or_before) / 2;
    events::RecordView record(snapshot.read(middle));
    (record.root().getRecordedAt() <= time_us ? at_or_before : after) = middle;
  }
  return at_or_before;
}

namespace {

void compare_into(RebuildResult& report, ReadModel& model, const store::Log& log, const fs::path& live) {
  const auto visit = [&](const Difference& difference) {
    ++report.difference_count;
    if (report.differences.size() < max_differences_kept) report.differences.push_back(difference);
    return true;
  };
  compare_schemas(Database(live, Open::read), model.database(), visit);
  report.compared_at = compare_with_live(model, log, live, visit);
}

store::FileLock lock_rebuild(const fs::path& run_directory) {
  return store::FileLock(run_directory / "rebuild.lock", "another rebuild");
}

}  // namespace

RebuildResult rebuild(const store::Log& log, const Quarantine& quarantine, const fs::path& read_model_directory,
                      const fs::path& run_directory, const RebuildOptions& options) {
  const auto lock = lock_rebuild(run_directory);
  const Generations generations(read_model_directory);
  const Building building(generations.start_building("rebuild"));
  const auto live = generations.current_path();
  RebuildResult report;
  // To be compared it must not be ahead of the live one, whose next events come soon enough.
  const bool compares = options.diff != Diff::no && live;
  const Position up_to = compares ? read_checkpoint(Database(*live, Open::read)).position : whole_log;
  auto model = build(log, quarantine, building.file(), up_to, options.strategy, options.progress);
  if (compares)
    compare_into(report, *model, log, generations.current_path().value_or(*live));  // a copy may be it by now
  if (options.compared) options.compared(report);
  if (options.diff == Diff::refuse_if_different && report.difference_count > 0) return report;
  catch_up(*model, log, whole_log);
  report.position = model->position();
  model->close();
  model.reset();
  report.generation = generations.take_over(building.file());
  return report;
}

fs::path go_back(const store::Log& log, const fs::path& read_model_directory, const fs::path& run_directory) {
  const auto lock = lock_rebuild(run_directory);
  const Generations generations(read_model_directory);
  const auto kept = generations.kept();
  if (!kept)
    throw Failure(Exit::refused, fmt::format("no earlier generation is kept in {}: run `catlog rebuild`",
                                             read_model_directory.string()));
  const Checkpoint checkpoint = read_checkpoint(Database(*kept, Open::read));
  check_belongs(checkpoint, *kept, log.id(), log.head());
  check_history(checkpoint, *kept, log);
  if (checkpoint.schema_version > static_cast<int>(migrations().size()))
    throw Failure(Exit::usage, fmt::format("{} has schema {}, made by a later version: use that one, or run `catlog "
                                           "rebuild`",
                                           kept->string(), checkpoint.schema_version));
  generations.switch_to(*kept);
  return *kept;
}

}  // namespace catlog::projector
