// What the readers' indexes cost the live projection: all of them, and each.
#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "events/schema/record.h"
#include "projector/model/building_files.h"
#include "projector/model/read_model.h"
#include "store/records.h"
#include "tests/bench/figures.h"
#include "tests/bench/raw_sqlite.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

namespace fs = std::filesystem;
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

// What a part of the log took.
struct Took {
  double seconds = 0, cpu_us = 0, pages = 0;
  void add(const Took& before, const Took& now) {
    seconds += now.seconds - before.seconds;
    cpu_us += now.cpu_us - before.cpu_us;
    pages += now.pages - before.pages;
  }
};

Took used_so_far() {
  return {static_cast<double>(now_ns()) / 1e9, static_cast<double>(process_cpu_ns()) / 1e3, pages(bytes_written())};
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
    const Took before = used_so_far();
    model_->begin();
    size_t applied = 0;
    store::for_each_record(log_, model_->position() + 1, end, [&](events::schema::Record::Reader record) {
      model_->apply(record);
      return !(++applied >= events_a_batch && record.getIndex() + 1 == record.getCount());
    });
    model_->commit(projector::merkle_head_at(log_, model_->applied()));
    took_.at(part).add(before, used_so_far());
  }
  Position position() const { return model_->position(); }
  const Took& took(size_t part) const { return took_.at(part); }

 private:
  const store::Log& log_;
  std::optional<projector::ReadModel> model_;
  std::filesystem::path file_;
  std::array<Took, parts.size()> took_{};
};

// Whoever is projected, side by side: a batch each in turn, so that a slow second of the machine hits them alike; and
// each is now the first and now the last of a round.
class SideBySide {
 public:
  SideBySide(const store::Log& log, fs::path folder) : log_(log), folder_(std::move(folder)) {}
  const LiveProjection& add(std::span<const char* const> without) {
    const auto file = folder_ / fmt::format("{}.sqlite", projections_.size());
    turns_.push_back(&projections_.emplace_back(log_, file, without));
    return projections_.back();
  }
  void project(size_t part, Position end, const Interrupt& interrupt) {
    while (projections_.front().position() < end) {
      for (LiveProjection* one : turns_) one->project_one_batch(part, end);
      std::rotate(turns_.begin(), turns_.begin() + 1, turns_.end());
      interrupt.check();
    }
  }

 private:
  const store::Log& log_;
  fs::path folder_;
  std::deque<LiveProjection> projections_;
  std::vector<LiveProjection*> turns_;
};

// Plain prepared statements of the same rows, as many a transaction, side by side with and without them: what the
// database itself takes for the indexes, which no projection over it can be below.
class PlainStatements {
 public:
  explicit PlainStatements(const fs::path& folder) : with_(folder / "plain-with"), without_(folder / "plain-without") {
    drop(without_.sqlite->database(), dropped_indexes);
  }
  struct Part {
    double rows = 0;  // events of other kinds are left out
    Took with, without;
  };
  Part write(const store::Log& log, Position from, Position to, const Interrupt& interrupt) {
    Part part;
    for (bool turned = false; from <= to; from += events_a_batch, turned = !turned) {
      const RawRows rows(log, from, std::min(to, from + events_a_batch - 1), RawRows::Others::left_out);
      part.rows += static_cast<double>(rows.size());
      if (turned) without_.write(rows, part.without);
      with_.write(rows, part.with);
      if (!turned) without_.write(rows, part.without);
      interrupt.check();
    }
    return part;
  }

 private:
  struct File {
    explicit File(const fs::path& where) : path(where), sqlite(std::in_place, path, RawMode::live) {}
    File(const File&) = delete;
    ~File() {
      sqlite.reset();
      projector::remove_database(path);
    }
    void write(const RawRows& rows, Took& took) {
      const Took before = used_so_far();
      sqlite->write(rows, rows.size());
      took.add(before, used_so_far());
    }
    fs::path path;
    std::optional<RawSqlite> sqlite;
  };
  File with_, without_;
};

// What an event costs, beside what it costs without some of the indexes.
void add_costs(Table& table, const std::string& figure, const std::string& raw, double events, const Took& with,
               const Took& without) {
  table.add({figure + "CPU of an event, us", raw}, with.cpu_us / events, without.cpu_us / events);
  table.add({figure + "pages written for an event", raw}, with.pages / events, without.pages / events);
}

}  // namespace

const store::Log& Figures::indexed_log() {
  if (indexed_) return indexed_->log();
  indexed_.emplace(scratch_ / "indexed");
  Workload workload(6);
  const size_t titles = counts_.rebuilt / 10;
  const auto add = [&](const Bodies& bodies) { indexed_->run(bodies, interrupt_); };
  indexed_parts_.push_back(0);
  const auto end_part = [&] { indexed_parts_.push_back(indexed_->log().head()); };
  add(Workload::users(Encoding::capnp));
  add(workload.catalogue(Encoding::capnp, titles));
  end_part();
  add(workload.changes(Encoding::capnp, counts_.rebuilt / 2, titles));
  end_part();
  add(workload.days(Encoding::capnp, counts_.rebuilt / 4, titles));
  end_part();
  return indexed_->log();
}

void Figures::reader_indexes() {
  SideBySide both(indexed_log(), scratch_.path());
  const LiveProjection &with = both.add({}), &without = both.add(dropped_indexes);
  PlainStatements statements(scratch_.path());
  for (size_t part = 0; part < parts.size(); ++part) {
    both.project(part, indexed_parts_[part + 1], interrupt_);
    const auto events = static_cast<double>(indexed_parts_[part + 1] - indexed_parts_[part]);
    const std::string figure = fmt::format("live projection with the readers' indexes, {}: ", parts[part]);
    table_.add({figure + "events/s", "the same without them", "0.9 of raw"}, events / with.took(part).seconds,
               events / without.took(part).seconds);
    add_costs(table_, figure, "the same without them", events, with.took(part), without.took(part));
    const auto plain = statements.write(indexed_log(), indexed_parts_[part] + 1, indexed_parts_[part + 1], interrupt_);
    const std::string itself = fmt::format("plain SQLite with the readers' indexes, {}: ", parts[part]);
    table_.add({itself + "rows/s", "the same without them"}, plain.rows / plain.with.seconds,
               plain.rows / plain.without.seconds);
    add_costs(table_, itself, "the same without them", plain.rows, plain.with, plain.without);
  }
}

void Figures::each_reader_index() {
  const std::span<const char* const> all(dropped_indexes);
  SideBySide side_by_side(indexed_log(), scratch_.path());
  const LiveProjection& with = side_by_side.add({});
  std::vector<const LiveProjection*> without;
  for (size_t i = 0; i < all.size(); ++i) without.push_back(&side_by_side.add(all.subspan(i, 1)));
  for (size_t part = 0; part < parts.size(); ++part) {
    side_by_side.project(part, indexed_parts_[part + 1], interrupt_);
    const auto events = static_cast<double>(indexed_parts_[part + 1] - indexed_parts_[part]);
    for (size_t i = 0; i < all.size(); ++i)
      add_costs(table_, fmt::format("{}, {}: ", all[i], parts[part]), "the same without this one", events,
                with.took(part), without[i]->took(part));
  }
}

}  // namespace catlog::bench
