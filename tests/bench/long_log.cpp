#include "tests/bench/long_log.h"

#include <algorithm>

#include <capnp/serialize.h>

#include "events/datetime.h"
#include "events/uuid.h"
#include "projector/rebuild.h"
#include "tests/bench/in_process.h"

namespace catlog::bench {

using events::Position;

namespace {

constexpr size_t ratings_per_commit = 50'000;

// Where a movie's stream ends.
struct Head {
  uint64_t version = 0;
  Position last = 0;
};

std::vector<Head> heads_of(const store::Log& log) {
  std::vector<Head> heads;
  log.snapshot().scan(1, [&](Position position, store::Bytes bytes) {
    events::RecordView view(bytes);
    auto id = static_cast<size_t>(view.root().getStreamId());
    heads.resize(std::max(heads.size(), id));
    heads[id - 1] = {view.root().getStreamVersion(), position};
    return true;
  });
  return heads;
}

// Writes ratings that follow one another as a handler's would.
class Ratings {
 public:
  explicit Ratings(std::vector<Head> heads) : heads_(std::move(heads)), any_(0, heads_.size() - 1) {}

  kj::Array<capnp::word> next(Position position, int64_t now_us) {
    const size_t movie = any_(random_);
    capnp::word scratch[64] = {};
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 64));
    auto record = message.initRoot<events::schema::Record>();
    const auto id = events::make_uuid_v7(now_us / 1'000, position, random_());
    record.setPosition(position);
    record.setRecordedAt(now_us);
    record.getCommandId().setHigh(id.high);
    record.getCommandId().setLow(id.low);
    record.getCommandDigest().setWord0(random_());
    record.setStream(events::Entity::MOVIE);
    record.setStreamId(static_cast<int64_t>(movie) + 1);
    record.setStreamVersion(++heads_[movie].version);
    record.setPreviousInStream(std::exchange(heads_[movie].last, position));
    record.setSubject(events::Entity::MOVIE);
    record.setSubjectId(static_cast<int64_t>(movie) + 1);
    record.setCount(1);
    auto rated = record.getEvent().initMovieRated();
    rated.setPopularity(static_cast<double>(position));
    rated.setRating(static_cast<double>(position % 100) / 10);
    return capnp::messageToFlatArray(message);
  }

 private:
  std::vector<Head> heads_;
  std::uniform_int_distribution<size_t> any_;
  std::mt19937_64 random_{3};
};

}  // namespace

LongLog::LongLog(const std::filesystem::path& data_directory, Position events, const Interrupt& interrupt)
    : data_(data_directory) {
  put_movies(interrupt);
  auto log = store::Log::open(data_ / "log", store::Access::write);
  rate_movies(log, events, interrupt);
  project(log);
}

void LongLog::put_movies(const Interrupt& interrupt) {
  InProcess writer(data_);
  writer.run(Workload(4).titles(Encoding::capnp, long_log_streams), interrupt);
}

void LongLog::rate_movies(store::Log& log, Position events, const Interrupt& interrupt) {
  Ratings ratings(heads_of(log));
  std::vector<kj::Array<capnp::word>> records;
  std::vector<store::Bytes> bytes;
  for (Position head = log.head(); head < events; interrupt.check()) {
    const int64_t now_us = events::now_us();
    const size_t count = std::min(ratings_per_commit, static_cast<size_t>(events - head));
    records.clear();
    bytes.clear();
    for (size_t i = 1; i <= count; ++i) records.push_back(ratings.next(head + i, now_us));
    for (const auto& record : records) bytes.push_back(std::as_bytes(std::span(record.begin(), record.size())));
    head = log.append(head, bytes);
  }
}

void LongLog::project(store::Log& log) {
  {
    auto states = store::StateStore::open(data_ / "state", log.id(), store::Access::write);
    zmq::context_t context;
    commandhandler::StateLoop state_loop(log, states, context, data_);
    state_loop.catch_up();
    state_loop.flush();
  }
  projector::rebuild(log, projector::Quarantine(log.id()), data_ / "readmodel", data_ / "run");
}

}  // namespace catlog::bench
