#include "tests/bench/figures.h"

#include "events/schema/record.h"

#include <algorithm>
#include <cstdlib>

#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "tests/bench/raw_zmq.h"

namespace catlog::bench {

using events::Position;

namespace {

constexpr size_t load_batch_rows = 10'000;

}  // namespace

Figures::Figures(const std::filesystem::path& program, const Scratch& scratch, const Counts& counts, Table& table,
                 const Interrupt& interrupt)
    : program_(program), scratch_(scratch), counts_(counts), table_(table), interrupt_(interrupt) {}

void Figures::prepare() {
  if (daemon_) return;
  // The group `scrape` asks there; whom nobody asks it costs nothing.
  ::setenv("CATLOG_HTTP_ENDPOINT", ("unix:" + (scratch_ / "http.sock").string()).c_str(), 1);
  daemon_.emplace(program_, scratch_ / "data", scratch_ / "catlogd.log");
  ::unsetenv("CATLOG_HTTP_ENDPOINT");
  log_.emplace(store::Log::open(daemon_->data() / "log", store::Access::read));
  send(many_clients, workload_.titles(Encoding::capnp, counts_.existing), Encoding::capnp);
  std::optional<Watcher> watcher;
  send_and_see(many_clients, workload_.sources(Encoding::capnp, counts_.existing), Encoding::capnp, watcher);
  prepared_ = log_->head();
}

void Figures::stop() {
  in_process_.reset();
  many_streams_.reset();
  raw_replay_.reset();
  long_logs_.clear();
  inserted_rows_.reset();
  updated_rows_.reset();
  raw_updates_.reset();
  inserts_.reset();
  updates_.reset();
  random_keys_.reset();
  log_.reset();
  if (daemon_) daemon_->stop();
  daemon_.reset();
}

LoadResult Figures::send(Shape shape, const Bodies& bodies, Encoding encoding) {
  return send_all(daemon_->endpoint(), shape, bodies, encoding, interrupt_);
}

LoadResult Figures::send_and_see(Shape shape, const Bodies& bodies, Encoding encoding,
                                 std::optional<Watcher>& watcher) {
  watcher.emplace(daemon_->data() / "readmodel" / "current.sqlite", *log_);
  auto load = send(shape, bodies, encoding);
  watcher->finish_at(load.last_position(), interrupt_);
  return load;
}

LoadResult Figures::echo(Shape shape, const Bodies& bodies, Encoding encoding, const std::string* record,
                         size_t others) {
  auto endpoint = "ipc://" + (scratch_ / "raw.ipc").string();
  auto directory = scratch_ / "raw-router";
  std::optional<RawRouter> router;
  if (record)
    router.emplace(endpoint, encoding, directory, *record, others);
  else
    router.emplace(endpoint, encoding);
  auto load = send_all(endpoint, shape, bodies, encoding, interrupt_);
  router.reset();
  std::filesystem::remove_all(directory);
  return load;
}

RawRecords Figures::records_of(const LoadResult& load) const {
  return read_records(*log_, load.first_position(), load.last_position());
}

// All events of one commit carry the same time, and the next commit's is hardly ever the same microsecond.
size_t Figures::events_per_commit(const LoadResult& load) const {
  const Position first = load.first_position(), last = load.last_position();
  size_t commits = 0;
  int64_t last_us = 0;
  auto snapshot = log_->snapshot();
  snapshot.scan(first, [&](Position position, store::Bytes bytes) {
    int64_t at_us = events::RecordView(bytes).root().getRecordedAt();
    if (at_us != last_us) ++commits;
    last_us = at_us;
    return position < last;
  });
  return std::max<size_t>(1, (last - first + 1) / std::max<size_t>(1, commits));
}

std::vector<double> Figures::update_raw(const LoadResult& load, size_t rows_per_transaction) {
  auto file = scratch_ / "raw-live.sqlite";
  std::vector<double> transaction_us;
  {
    RawSqlite raw(file, RawMode::live);
    raw.write(RawRows(*log_, 1, prepared_), load_batch_rows);
    transaction_us = raw.write(RawRows(*log_, load.first_position(), load.last_position()), rows_per_transaction);
  }
  projector::remove_database(file);
  return transaction_us;
}

}  // namespace catlog::bench
