// The live projection of new rows whose keys are random.
#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "store/records.h"
#include "tests/bench/figures.h"
#include "tests/bench/raw_sqlite.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
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

double seconds_to_project(const store::Log& log, const std::filesystem::path& file, size_t events_per_transaction) {
  double seconds = 0;
  {
    projector::ReadModel model(file, log.id(), log.head(), projector::Writing::live);
    const int64_t begin_ns = now_ns();
    while (model.position() < log.head()) project(log, model, events_per_transaction);
    seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
  }
  projector::remove_database(file);
  return seconds;
}

double seconds_to_insert(const RawRows& rows, const std::filesystem::path& file, size_t rows_per_transaction) {
  double seconds = 0;
  {
    RawSqlite raw(file, RawMode::live);
    const int64_t begin_ns = now_ns();
    raw.write(rows, rows_per_transaction);
    seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
  }
  projector::remove_database(file);
  return seconds;
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
  const store::Log& log = random_keys();
  const auto rows = static_cast<double>(log.head());
  const RawRows raw_rows(log, 1, log.head());
  for (const size_t batch : {size_t{4'096}, size_t{1'000}}) {
    const double projected = seconds_to_project(log, scratch_ / "projected.sqlite", batch);
    const double raw = seconds_to_insert(raw_rows, scratch_ / "inserted.sqlite", batch);
    interrupt_.check();
    table_.add({fmt::format("live projection, random keys, {} a transaction: events/s", batch),
                "SQLite WAL inserts of the same rows, same size, schema and checkpoints", "0.8 of raw"},
               rows / projected, rows / raw);
  }
}

}  // namespace catlog::bench
