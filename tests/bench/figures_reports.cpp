// What readers get, and what their indexes cost the live projection.
#include "events/schema/vocabulary.h"

#include <streambuf>

#include <fmt/format.h>

#include "projector/model/building_files.h"
#include "projector/model/read_model.h"
#include "projector/query/reports.h"
#include "store/records.h"
#include "tests/bench/figures.h"
#include "tests/bench/long_log.h"
#include "tests/bench/many_rows.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

constexpr size_t events_a_batch = 4'096;

class Nowhere : public std::streambuf {
 protected:
  int_type overflow(int_type c) override { return traits_type::not_eof(c); }
  std::streamsize xsputn(const char*, std::streamsize count) override { return count; }
};

enum class ReaderIndexes { kept, dropped };

// Those of migration 0006. What nobody asks for costs nothing.
void drop_reader_indexes(projector::Database& database) {
  database.run(
      "DROP INDEX idx_movie_imdb; DROP INDEX idx_movie_rating; DROP INDEX idx_movie_created;"
      "DROP INDEX idx_source_movie_score; DROP INDEX idx_token_expires; DROP INDEX idx_audit_action_created;"
      "DROP INDEX idx_audit_severity_created; DROP INDEX idx_list_name");
}

double seconds_to_project(const store::Log& log, const std::filesystem::path& file, ReaderIndexes indexes) {
  double seconds = 0;
  {
    projector::ReadModel model(file, log.id(), log.head(), projector::Writing::live);
    if (indexes == ReaderIndexes::dropped) drop_reader_indexes(model.database());
    const int64_t begin_ns = now_ns();
    while (model.position() < log.head()) {
      model.begin();
      size_t applied = 0;
      store::for_each_record(log, model.position() + 1, log.head(), [&](events::schema::Record::Reader record) {
        model.apply(record);
        return !(++applied >= events_a_batch && record.getIndex() + 1 == record.getCount());
      });
      model.commit(projector::merkle_head_at(log, model.applied()));
    }
    seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
  }
  projector::remove_database(file);
  return seconds;
}

}  // namespace

void Figures::reports() {
  const auto file = scratch_ / "many-rows.sqlite";
  if (!has_many_rows_) fill_with_many_rows(file, counts_.reported, interrupt_);
  has_many_rows_ = true;
  Nowhere nowhere;
  std::ostream out(&nowhere);
  const LongLog long_log(scratch_ / "long-log", counts_.reported / 10, counts_.reported,
                         Projected::state_and_read_model, interrupt_);
  const auto log = store::Log::open(long_log.data() / "log", store::Access::read);
  for (const projector::Report& report : projector::reports()) {
    const auto& asked = reads_log(report) ? long_log.data() / "readmodel" / "current.sqlite" : file;
    const int64_t begin_ns = now_ns();
    projector::run_report(asked, report, {projector::Format::csv}, {}, out, {.log = &log});
    table_.add(
        {fmt::format("report {}, {} movies: ms", report.name, counts_.reported), "", "<= 200, or as its SQL says"},
        static_cast<double>(now_ns() - begin_ns) / 1e6);
    interrupt_.check();
  }
}

void Figures::reader_indexes() {
  if (!indexed_) {
    indexed_.emplace(scratch_ / "indexed");
    Workload workload(6);
    const size_t titles = counts_.rebuilt / 10;
    indexed_->run(workload.catalogue(Encoding::capnp, titles), interrupt_);
    indexed_->run(workload.changes(Encoding::capnp, counts_.rebuilt / 2, titles), interrupt_);
    indexed_->run(workload.audits(Encoding::capnp, counts_.rebuilt / 10), interrupt_);
  }
  const store::Log& log = indexed_->log();
  const auto events = static_cast<double>(log.head());
  // The second of two is some hundredths faster, whichever it is: they take turns.
  is_first_without_indexes_ = !is_first_without_indexes_;
  double with = 0, without = 0;
  for (const bool is_first : {true, false}) {
    const bool is_without = is_first == is_first_without_indexes_;
    (is_without ? without : with) =
        seconds_to_project(log, scratch_ / "indexes.sqlite", is_without ? ReaderIndexes::dropped : ReaderIndexes::kept);
    interrupt_.check();
  }
  table_.add({"live projection with the readers' indexes: events/s", "the same without them", "0.9 of raw"},
             events / with, events / without);
}

}  // namespace catlog::bench
