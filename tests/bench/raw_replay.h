#pragma once
#include <cstdint>
#include <filesystem>

#include "events/schema/vocabulary.h"
#include "tests/bench/raw_lmdb.h"

namespace catlog::bench {

// What a replay reads of every record, summed: three header fields, and one of the event.
struct Replayed {
  uint64_t events = 0, positions = 0, versions = 0;
  int64_t times = 0;
  double ratings = 0;
  void add(const events::schema::Record::Reader& record) {
    ++events;
    positions += record.getPosition();
    versions += record.getStreamVersion();
    times ^= record.getRecordedAt();
    if (record.getEvent().isMovieRated()) ratings += record.getEvent().getMovieRated().getRating();
  }
  bool operator==(const Replayed&) const = default;
};

// A plain LMDB environment with the records of a log: the raw limit of reading them in order.
//
// Threads: one at a time.
class RawReplay {
 public:
  // Copies the records up to `last`. Throws Failure(failure), as every function here.
  RawReplay(const std::filesystem::path& directory, const store::Log& log, events::Position last);
  // One cursor from the first record to the last, each read where it lies by a reader of Cap'n Proto's own.
  Replayed run() const;

 private:
  RawLmdb lmdb_;
};

}  // namespace catlog::bench
