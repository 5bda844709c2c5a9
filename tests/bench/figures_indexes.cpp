// What the readers' indexes cost the live projection: all of them, and each.
#include <time.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "events/schema/record.h"
#include "projector/model/building_files.h"
#include "projector/model/read_model.h"
#include "store/records.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

using events::Position;

constexpr size_t events_a_batch = 4'096;

// What the log is of, one part behind the other, each a line of the table: new rows; changes of exactly the columns
// that two of the indexes order by, of which most catalogues see few; and what a catalogue lives through from day to
// day (workload.h, days()).
constexpr std::array parts{"new titles and sources", "ratings and swarms alone", "days of a catalogue"};

// Those of migration 0006.
constexpr std::array dropped_indexes{
    "idx_movie_imdb",    "idx_movie_rating",         "idx_movie_created",          "idx_source_movie_score",
    "idx_token_expires", "idx_audit_action_created", "idx_audit_severity_created", "idx_list_name"};

double thread_cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// A schema that is not the release's is refused as soon as SQLite's count of changes says that there was one; so the
// count is put back.
void drop(projector::Database& database, std::span<const char* const> indexes) {
  projector::Statement count(database, "PRAGMA schema_version");
  count.step();
  const int64_t before = count.integer(0);
  count.reset();
  for (const char* index : indexes) database.run(projector::Sql::generated(fmt::format("DROP INDEX {}", index)));
  database.run(projector::Sql::generated(fmt::format("PRAGMA schema_version = {}", before)));
}

// One live projection of a log, of which others are made beside it.
class LiveProjection {
 public:
  LiveProjection(const store::Log& log, const std::filesystem::path& file, std::span<const char* const> without)
      : log_(log), model_(std::in_place, file, log.id(), log.head(), projector::Writing::live), file_(file) {
    drop(model_->database(), without);
  }
  LiveProjection(const LiveProjection&) = delete;
  ~LiveProjection() {
    model_.reset();
    projector::remove_database(file_);
  }

  // Of the part that ends there.
  void project_one_batch(size_t part, Position end) {
    const int64_t begin_ns = now_ns();
    const double begin_cpu = thread_cpu_seconds();
    model_->begin();
    size_t applied = 0;
    store::for_each_record(log_, model_->position() + 1, end, [&](events::schema::Record::Reader record) {
      model_->apply(record);
      return !(++applied >= events_a_batch && record.getIndex() + 1 == record.getCount());
    });
    model_->commit(projector::merkle_head_at(log_, model_->applied()));
    cpu_seconds_.at(part) += thread_cpu_seconds() - begin_cpu;
    seconds_.at(part) += static_cast<double>(now_ns() - begin_ns) / 1e9;
  }
  Position position() const { return model_->position(); }
  double seconds(size_t part) const { return seconds_.at(part); }
  double cpu_seconds(size_t part) const { return cpu_seconds_.at(part); }

 private:
  const store::Log& log_;
  std::optional<projector::ReadModel> model_;
  std::filesystem::path file_;
  std::array<double, parts.size()> seconds_{}, cpu_seconds_{};
};

}  // namespace

// All of them are projected side by side, a batch each in turn, so that a slow second of the machine hits them alike;
// and each is now the first and now the last of a round.
void Figures::reader_indexes() {
  if (!indexed_) {
    indexed_.emplace(scratch_ / "indexed");
    Workload workload(6);
    const size_t titles = counts_.rebuilt / 10;
    const auto add = [&](const Bodies& bodies) { indexed_->run(bodies, interrupt_); };
    const auto end_part = [&] { indexed_parts_.push_back(indexed_->log().head()); };
    add(Workload::users(Encoding::capnp));
    add(workload.catalogue(Encoding::capnp, titles));
    end_part();
    add(workload.changes(Encoding::capnp, counts_.rebuilt / 2, titles));
    end_part();
    add(workload.days(Encoding::capnp, counts_.rebuilt / 4, titles));
    end_part();
  }
  const store::Log& log = indexed_->log();
  const std::span<const char* const> all(dropped_indexes);
  std::deque<LiveProjection> without;  // each of them, and then all
  for (size_t i = 0; i < all.size(); ++i)
    without.emplace_back(log, scratch_ / fmt::format("without-{}.sqlite", all[i]), all.subspan(i, 1));
  without.emplace_back(log, scratch_ / "without.sqlite", all);
  LiveProjection with(log, scratch_ / "with.sqlite", {});
  std::vector<LiveProjection*> turns{&with};
  for (LiveProjection& one : without) turns.push_back(&one);
  Position before = 0;
  for (size_t part = 0; part < parts.size(); before = indexed_parts_[part++]) {
    const Position end = indexed_parts_[part];
    while (with.position() < end) {
      for (LiveProjection* one : turns) one->project_one_batch(part, end);
      std::rotate(turns.begin(), turns.begin() + 1, turns.end());
      interrupt_.check();
    }
    const auto events = static_cast<double>(end - before);
    const std::string figure = fmt::format("live projection with the readers' indexes, {}: ", parts[part]);
    table_.add({figure + "events/s", "the same without them", "0.9 of raw"}, events / with.seconds(part),
               events / without.back().seconds(part));
    const auto cpu_us = [&](const LiveProjection& one) { return one.cpu_seconds(part) * 1e6 / events; };
    table_.add({figure + "CPU of an event, us", "the same without them"}, cpu_us(with), cpu_us(without.back()));
    for (size_t i = 0; i < all.size(); ++i)
      table_.add({fmt::format("{}, {}: CPU of an event, us", all[i], parts[part]), "the same without this one"},
                 cpu_us(with), cpu_us(without[i]));
  }
}

}  // namespace catlog::bench
