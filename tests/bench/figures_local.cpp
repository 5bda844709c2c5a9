// The figures without the bus.
#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/rebuild/rebuild.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"
#include "tests/support/run.h"

namespace catlog::bench {
namespace {

constexpr size_t rebuild_batch_rows = 10'000;  // as a rebuild's transactions

// As append_raw, into a log, its tree included.
RawAppend append_to_log(const std::filesystem::path& directory, std::span<const std::string> records,
                        size_t records_per_commit, size_t others) {
  RawAppend result;
  {
    auto log = store::Log::open(directory, store::Access::write);
    std::vector<store::Bytes> batch(fill_per_commit, std::as_bytes(std::span(records.front())));
    for (size_t filled = 0; filled < others;)
      filled = log.append(filled, std::span(batch).first(std::min(others - filled, fill_per_commit)));
    const uint64_t before = bytes_written();
    result.seconds = seconds_of([&] {
      for (size_t at = 0; at < records.size(); at += batch.size()) {
        batch.clear();
        for (const auto& record : records.subspan(at, std::min(records_per_commit, records.size() - at)))
          batch.push_back(std::as_bytes(std::span(record)));
        result.commit_us.push_back(1e6 * seconds_of([&] { log.append(others + at, batch); }));
      }
    });
    result.pages_a_commit = pages(bytes_written() - before) / static_cast<double>(result.commit_us.size());
  }
  std::filesystem::remove_all(directory);
  return result;
}

}  // namespace

void Figures::rebuild() {
  prepare();
  if (log_->head() < counts_.rebuilt) {
    std::optional<Watcher> watcher;
    auto bodies = workload_.changes(Encoding::capnp, counts_.rebuilt - log_->head(), counts_.existing);
    send_and_see(many_clients, bodies, Encoding::capnp, watcher);
  }
  auto file = scratch_ / "rebuilt.sqlite", raw_file = scratch_ / "raw-rebuilt.sqlite";
  auto seconds = seconds_of([&] { projector::build_file(*log_, {}, file, counts_.rebuilt); });
  projector::remove_database(file);
  interrupt_.check();
  RawRows rows(*log_, 1, counts_.rebuilt);
  auto raw_seconds = seconds_of([&] {
    RawSqlite raw(raw_file, RawMode::bulk);
    raw.write(rows, rebuild_batch_rows);
    raw.finish();
  });
  projector::remove_database(raw_file);
  auto events = static_cast<double>(counts_.rebuilt);
  table_.add({"rebuild: events/s", "SQLite inserts and updates, same rows, indexes last"}, events / seconds,
             events / raw_seconds);
}

InProcess& Figures::in_process_writer() {
  if (!in_process_) {
    in_process_.emplace(scratch_ / "in-process");
    in_process_->run(in_process_workload_.catalogue(Encoding::capnp, counts_.existing), interrupt_);
  }
  return *in_process_;
}

void Figures::in_process() {
  const auto records = measure_in_process(
      in_process_writer(), in_process_workload_.changes(Encoding::capnp, counts_.decided, counts_.existing),
      "in process, 512 a commit", ">= 0.2");
  const RawRecords few(records.begin(), records.begin() + std::min(counts_.waited, records.size()));
  const size_t others = counts_.shorter_log;
  auto ours = append_to_log(scratch_ / "with-tree", few, 1, others);
  auto plain = append_raw(scratch_ / "raw-log", few, 1, others);
  const auto prefix = fmt::format("append of one event behind {}, with the Merkle tree: ", others);
  table_.add({prefix + "commit p50, us", "LMDB append, same bytes"}, percentile(ours.commit_us, 0.5),
             percentile(plain.commit_us, 0.5));
  table_.add({prefix + "pages written", "LMDB append, same bytes"}, ours.pages_a_commit, plain.pages_a_commit);
}

RawRecords Figures::measure_in_process(InProcess& writer, const Bodies& bodies, const std::string& prefix,
                                       const char* floor) {
  auto before = writer.log().head();
  auto seconds = writer.run(bodies, interrupt_);
  auto records = read_records(writer.log(), before + 1, writer.log().head());
  auto append = append_raw(scratch_ / "raw-log", records, commands_per_commit, before);
  table_.add({prefix + ": decide + append + state, commands/s", "LMDB append, same bytes and batch", floor},
             static_cast<double>(bodies.size()) / seconds, static_cast<double>(records.size()) / append.seconds);
  const auto& steps = writer.steps();
  for (const auto& [name, us] : {std::pair("reading", steps.read_us), std::pair("deciding", steps.decide_us),
                                 std::pair("appending", steps.append_us), std::pair("storing state", steps.store_us)})
    table_.add({fmt::format("{}: processor time of {}, us a command", prefix, name)},
               us / static_cast<double>(bodies.size()));
  auto commits_us = writer.commit_us();
  for (const auto& [name, fraction] : {std::pair("p50", 0.5), std::pair("p99", 0.99)})
    table_.add({prefix + ": commit " + name + ", us", "LMDB append, same bytes and batch"},
               percentile(commits_us, fraction), percentile(append.commit_us, fraction));
  return records;
}

void Figures::tree() {
  const auto per_second = [this](const char* program) {
    const auto data = scratch_ / program;
    const auto ran = tests::run(
        {program_.parent_path() / program, data, std::to_string(counts_.existing), std::to_string(counts_.decided)});
    std::filesystem::remove_all(data);
    if (ran.exit_code != 0) throw events::Failure(events::Exit::failure, fmt::format("{}: {}", program, ran.err));
    return static_cast<double>(counts_.decided) / std::stod(ran.out);
  };
  const double with_tree = per_second("bench-decide"), without = per_second("bench-decide-without-tree");
  table_.add({"in process, 512 a commit, with the Merkle tree: commands/s", "the same program without it", ">= 0.87"},
             with_tree, without);
}

}  // namespace catlog::bench
