#pragma once
#include <algorithm>
#include <string>
#include <utility>

#include <kj/exception.h>

#include <fmt/format.h>

#include "events/error.h"
#include "events/position.h"
#include "events/schema/record.h"
#include "store/log.h"

namespace catlog::store {

// A snapshot of the log is let go after so many events: it holds up the reuse of the log's pages.
constexpr Position max_events_per_snapshot = 10'000;

// Calls `visit(record)` for the record that these bytes of the log are, and returns what it returns. The record dies
// with the call. Throws Failure(damaged) for one that cannot be read, and whatever `visit` throws.
template <class Visit>
decltype(auto) visit_record(Position position, Bytes bytes, Visit&& visit) {
  try {
    events::RecordView record(bytes);
    return visit(record.root());
  } catch (const kj::Exception& damaged) {
    throw events::Failure(events::Exit::damaged, fmt::format("the record at position {} cannot be read: {}", position,
                                                             damaged.getDescription().cStr()));
  }
}

// The same for a snapshot's records from `from` on in order, until `visit` returns false or the snapshot ends.
template <class Visit>
void visit_records(const LogSnapshot& snapshot, Position from, Visit&& visit) {
  snapshot.scan(from, [&](Position position, Bytes bytes) { return visit_record(position, bytes, visit); });
}

// The same of the log from `from` to `up_to`, over as many snapshots as that takes.
template <class Visit>
void for_each_record(const Log& log, Position from, Position up_to, Visit&& visit) {
  if (from == 0) from = 1;  // before the first event
  bool more = true;
  while (more && from <= up_to) {
    LogSnapshot snapshot = log.snapshot();
    Position last = std::min({up_to, snapshot.head(), from + max_events_per_snapshot - 1});
    if (from > last) return;
    visit_records(snapshot, from, [&](const events::RecordReader& record) {
      more = visit(record);
      return more && from++ < last;
    });
  }
}

}  // namespace catlog::store
