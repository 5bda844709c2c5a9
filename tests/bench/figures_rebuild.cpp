// Rebuilding a read model from a log that the write side made in this process.
#include <fmt/format.h>

#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/rebuild/rebuild.h"
#include "tests/bench/figures.h"
#include "tests/bench/raw_rows.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

constexpr size_t updates_per_row = 8;

double seconds_to_build(const store::Log& log, const std::filesystem::path& file, projector::Strategy strategy) {
  const double seconds = seconds_of([&] { projector::build_file(log, {}, file, projector::whole_log, {}, strategy); });
  projector::remove_database(file);
  return seconds;
}

}  // namespace

// Every row is in the log once: a put of a title is one event for its facts and one for its ratings.
void Figures::rebuild_inserts() {
  if (!inserts_) {
    inserts_.emplace(scratch_ / "inserts");
    Workload workload(3);
    inserts_->run(workload.catalogue(Encoding::capnp, counts_.rebuilt / 2), interrupt_);
    inserted_rows_.emplace(inserts_->log(), projector::fold_log(inserts_->log(), projector::whole_log));
  }
  const auto rows = static_cast<double>(inserted_rows_->rows());
  const auto file = scratch_ / "inserts.sqlite";
  const double fold = seconds_to_build(inserts_->log(), file, projector::Strategy::fold);
  const double raw = inserted_rows_->insert_into(file);
  projector::remove_database(file);
  interrupt_.check();
  const double ordered = seconds_to_build(inserts_->log(), file, projector::Strategy::ordered);
  const std::string inserts = "SQLite bulk inserts of the same rows, indexes last, unchecked";
  table_.add({"rebuild of inserts, with checks: rows/s", inserts, "0.8 of raw"}, rows / fold, rows / raw);
  table_.add({"rebuild of inserts, in order, with checks: rows/s", inserts}, rows / ordered, rows / raw);
}

const store::Log& Figures::changed_rows() {
  if (!updates_) {
    updates_.emplace(scratch_ / "updates");
    Workload workload(4);
    const size_t things = counts_.rebuilt / (2 * updates_per_row);
    updates_->run(workload.catalogue(Encoding::capnp, things), interrupt_);
    rows_that_change_ = updates_->log().head();
    updates_->run(workload.changes(Encoding::capnp, 2 * updates_per_row * things, things), interrupt_);
  }
  return updates_->log();
}

void Figures::rebuild_updates() {
  const store::Log& log = changed_rows();
  if (!updated_rows_) {
    updated_rows_.emplace(log, projector::fold_log(log, projector::whole_log));
    raw_updates_.emplace(scratch_ / "raw-updates", log, log.head());
  }
  const auto events = static_cast<double>(log.head());
  const auto file = scratch_ / "updates.sqlite";
  const double fold = seconds_to_build(log, file, projector::Strategy::fold);
  const double raw = seconds_of([&] { raw_updates_->run(); }) + updated_rows_->insert_into(file);
  projector::remove_database(file);
  interrupt_.check();
  const double ordered = seconds_to_build(updates_->log(), file, projector::Strategy::ordered);
  const auto figure = fmt::format("rebuild, {} updates a row, ", updates_per_row);
  const std::string raw_limit = "LMDB cursor over these events, then SQLite bulk inserts of their rows, unchecked";
  table_.add({figure + "with checks: events/s", raw_limit, "1,000,000"}, events / fold, events / raw);
  table_.add({figure + "in order, with checks: events/s", raw_limit}, events / ordered, events / raw);
}

}  // namespace catlog::bench
