// The live projection: of new rows whose keys are random, and of changes of rows that are there.
#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "projector/rebuild/rebuild.h"
#include "store/records.h"
#include "tests/bench/figures.h"
#include "tests/bench/raw_sqlite.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

namespace {

// What the daemon's loop does with one batch, without its sockets.
void project(const store::Log& log, projector::ReadModel& model, size_t events_per_transaction) {
  model.begin();
  size_t applied = 0;
  store::for_each_record(log, model.position() + 1, log.head(), [&](events::schema::Record::Reader record) {
    model.apply(record);
    return !(++applied >= events_per_transaction && record.getIndex() + 1 == record.getCount());
  });
  model.commit(projector::merkle_head_at(log, model.applied()));
}

// Without those up to `there`, which are projected first.
Spent to_project(const store::Log& log, Position there, const std::filesystem::path& file,
                 size_t events_per_transaction) {
  Spent spent;
  {
    projector::ReadModel model(file, log.id(), log.head(), projector::Writing::live);
    projector::catch_up(model, log, there);
    spent = spent_on([&] {
      while (model.position() < log.head()) project(log, model, events_per_transaction);
    });
  }
  projector::remove_database(file);
  return spent;
}

Spent to_write(const store::Log& log, Position there, const std::filesystem::path& file, size_t rows_per_transaction) {
  const RawRows rows(log, there + 1, log.head());
  Spent spent;
  {
    RawSqlite raw(file, RawMode::live);
    if (there != 0) raw.write(RawRows(log, 1, there), rows_per_transaction);
    spent = spent_on([&] { raw.write(rows, rows_per_transaction); });
  }
  projector::remove_database(file);
  return spent;
}

}  // namespace

const store::Log& Figures::random_keys() {
  if (!random_keys_) {
    random_keys_.emplace(scratch_ / "random-keys");
    Workload workload(5);
    random_keys_->run(workload.randomly_keyed_titles(Encoding::capnp, counts_.rebuilt / 2), interrupt_);
  }
  return random_keys_->log();
}

void Figures::projection() {
  const store::Log& keys = random_keys();
  const std::string raw = "SQLite WAL inserts of the same rows, same size, schema and checkpoints";
  for (const size_t batch : {size_t{4'096}, size_t{1'000}})
    projection_of(keys, 0, batch,
                  {fmt::format("live projection, random keys, {} a transaction: ", batch), raw, "0.8 of raw"});
  projection_of(changed_rows(), rows_that_change_, 4'096,
                {"live projection, changes of rows, 4096 a transaction: ",
                 "SQLite WAL updates of the same rows, same size, schema and checkpoints"});
}

void Figures::projection_of(const store::Log& log, Position there, size_t batch, const Line& line) {
  const auto events = static_cast<double>(log.head() - there);
  const Spent projected = to_project(log, there, scratch_ / "projected.sqlite", batch);
  const Spent raw = to_write(log, there, scratch_ / "written.sqlite", batch);
  interrupt_.check();
  table_.add({line.figure + "events/s", line.raw, line.floor}, events / projected.seconds, events / raw.seconds);
  table_.add({line.figure + "events a second of processor time", line.raw}, events / projected.processor_seconds,
             events / raw.processor_seconds);
}

}  // namespace catlog::bench
