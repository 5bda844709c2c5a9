#include "projector/rebuild.h"

#include <fmt/format.h>

#include "projector/generations.h"
#include "projector/log_records.h"
#include "store/file_lock.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr Position events_per_transaction = 10'000;

void finish(ReadModel& model) {
  model.finish_bulk();
  model.close();
}

}  // namespace

void catch_up(ReadModel& model, const store::Log& log, Position up_to, const Progress& progress) {
  Position in_transaction = 0;
  for_each_record(log, model.position() + 1, up_to, [&](events::schema::Record::Reader record) {
    Position ends_at = record.getPosition() + (record.getCount() - record.getIndex()) - 1;
    if (record.getIndex() == 0 && ends_at > up_to) return false;
    if (in_transaction == 0) model.begin();
    model.apply(record);
    ++in_transaction;
    if (ends_at == record.getPosition() && in_transaction >= events_per_transaction) {
      model.commit();
      in_transaction = 0;
      if (progress) progress(model.position(), std::min(up_to, log.head()));
    }
    return true;
  });
  if (in_transaction != 0) model.commit();
  if (progress) progress(model.position(), std::min(up_to, log.head()));
}

Position build_file(const store::Log& log, const Quarantine& quarantine, const fs::path& file, Position up_to,
                    const Progress& progress) {
  if (fs::exists(file)) throw Failure(Exit::usage, fmt::format("{} is there already: remove it first", file.string()));
  Position position = 0;
  try {
    ReadModel model(file, log.id(), log.head(), Writing::bulk, quarantine);
    catch_up(model, log, up_to, progress);
    finish(model);
    position = model.position();
  } catch (...) {
    remove_database(file);
    throw;
  }
  sync_path(file);
  return position;
}

Position compare_with_live(ReadModel& rebuilt, const store::Log& log, const fs::path& live,
                           const std::function<bool(const Difference&)>& visit) {
  Database database(live, Open::read);
  Transaction snapshot(database, Transaction::Kind::read);
  Checkpoint checkpoint = read_checkpoint(database);
  check_belongs(checkpoint, live, log.id(), log.head());
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

RebuildReport rebuild(const store::Log& log, const Quarantine& quarantine, const fs::path& read_model_directory,
                      const fs::path& run_directory, Diff diff, const Progress& progress) {
  store::FileLock lock(run_directory / "rebuild.lock", "another rebuild");
  Generations generations(read_model_directory);
  fs::path building = generations.start_building("rebuild");
  RebuildReport report;
  auto live = generations.current_path();
  {
    ReadModel model(building, log.id(), log.head(), Writing::bulk, quarantine);
    if (diff == Diff::yes && live) {
      // Up to where the live one is now without holding a snapshot of it; what it does meanwhile is little.
      Position live_position = read_checkpoint(Database(*live, Open::read)).position;
      catch_up(model, log, live_position, progress);
      report.compared_at = compare_with_live(model, log, *live, [&](const Difference& difference) {
        ++report.difference_count;
        if (report.differences.size() < max_differences_kept) report.differences.push_back(difference);
        return true;
      });
    }
    catch_up(model, log, whole_log, progress);
    model.finish_bulk();
    catch_up(model, log, whole_log, progress);
    model.close();
    report.position = model.position();
  }
  report.generation = generations.adopt(building);
  generations.switch_to(report.generation);
  return report;
}

}  // namespace catlog::projector
