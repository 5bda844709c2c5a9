#include "tests/bench/long_log.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <future>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <capnp/serialize.h>
#include <fmt/format.h>

#include "commandhandler/state/state_loop.h"
#include "events/text/datetime.h"
#include "events/text/uuid.h"
#include "projector/rebuild/rebuild.h"

namespace catlog::bench {

using events::Position;

namespace {

constexpr size_t events_per_commit = 50'000;

// Writes events that follow one another as a handler's would.
class Movies {
 public:
  explicit Movies(size_t count) : heads_(count), any_(0, count - 1) {}

  // The first events describe the movies one after the other, the others rate any.
  kj::Array<capnp::word> next(Position position, int64_t now_us) {
    const size_t movie = position <= heads_.size() ? position - 1 : any_(random_);
    capnp::word scratch[128] = {};
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 128));
    auto record = message.initRoot<events::schema::Record>();
    write_header(record, position, now_us, movie);
    if (position <= heads_.size())
      describe(record.getEvent().initMovieDescribed(), static_cast<int64_t>(position));
    else
      rate(record.getEvent().initMovieRated(), position);
    return capnp::messageToFlatArray(message);
  }

 private:
  // Where a movie's stream ends.
  struct Head {
    uint64_t version = 0;
    Position last = 0;
  };

  void write_header(events::schema::Record::Builder record, Position position, int64_t now_us, size_t movie) {
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
  }

  static void describe(events::schema::MovieFacts::Builder facts, int64_t number) {
    facts.setTmdbId(number);
    facts.setTitle(fmt::format("The {}th Title of the Catalogue", number));
    for (auto set : {&events::schema::MovieFacts::Builder::setOverview, &events::schema::MovieFacts::Builder::setPoster,
                     &events::schema::MovieFacts::Builder::setBackdrop})
      (facts.*set)("");
    facts.setReleaseDate("1999-03-31");
    facts.setImdbId(fmt::format("tt{:08}", number));
  }

  static void rate(events::schema::Ratings::Builder rated, Position position) {
    rated.setPopularity(static_cast<double>(position));
    rated.setRating(static_cast<double>(position % 100) / 10);
  }

  std::vector<Head> heads_;
  std::uniform_int_distribution<size_t> any_;
  std::mt19937_64 random_{3};
};

using Records = std::vector<kj::Array<capnp::word>>;

// The records of a commit are made while those before them are written.
void write(store::Log& log, size_t streams, Position events, const Interrupt& interrupt) {
  Movies movies(streams);
  Position made = log.head();
  const auto next = [&] {
    const int64_t now_us = events::now_us();
    Records records(std::min(events_per_commit, static_cast<size_t>(events - made)));
    for (auto& record : records) record = movies.next(++made, now_us);
    return records;
  };
  auto coming = std::async(std::launch::async, next);
  for (Position head = log.head(); head < events; interrupt.check()) {
    const Records records = coming.get();
    if (made < events) coming = std::async(std::launch::async, next);
    std::vector<store::Bytes> bytes;
    for (const auto& record : records) bytes.push_back(std::as_bytes(std::span(record.begin(), record.size())));
    head = log.append(head, bytes);
  }
}

}  // namespace

LongLog::LongLog(const std::filesystem::path& data_directory, size_t streams, Position events, Projected projected,
                 const Interrupt& interrupt)
    : data_(data_directory) {
  std::filesystem::create_directories(data_ / "run");
  auto log = store::Log::open(data_ / "log", store::Access::write);
  write(log, streams, events, interrupt);
  auto folded = std::async(std::launch::async, [&] { fold(log); });
  if (projected == Projected::state_and_read_model)
    projector::rebuild(log, projector::Quarantine(log.id()), data_ / "readmodel", data_ / "run");
  folded.get();
}

void LongLog::fold(store::Log& log) {
  auto states = store::StateStore::open(data_ / "state", log.id(), store::Access::write);
  zmq::context_t context;
  commandhandler::StateLoop state_loop(log, states, context, data_);
  state_loop.catch_up();
  while (state_loop.advance()) {
  }
  state_loop.flush();
}

}  // namespace catlog::bench
