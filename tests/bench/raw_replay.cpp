#include "tests/bench/raw_replay.h"

#include "events/schema/vocabulary.h"

#include <algorithm>

#include <capnp/serialize.h>

namespace catlog::bench {

using events::Position;

namespace {

constexpr Position copied_at_once = 50'000;

}  // namespace

RawReplay::RawReplay(const std::filesystem::path& directory, const store::Log& log, Position last) : lmdb_(directory) {
  for (Position at = 1; at <= last; at += copied_at_once)
    lmdb_.append(read_records(log, at, std::min(last, at + copied_at_once - 1)));
}

Replayed RawReplay::run() const {
  Replayed replayed;
  lmdb_.read([&](MDB_val value) {
    capnp::FlatArrayMessageReader reader(
        kj::arrayPtr(static_cast<const capnp::word*>(value.mv_data), value.mv_size / sizeof(capnp::word)));
    replayed.add(reader.getRoot<events::schema::Record>());
  });
  return replayed;
}

}  // namespace catlog::bench
