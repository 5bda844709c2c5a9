#pragma once
#include <algorithm>
#include <string>

#include <kj/exception.h>

#include <fmt/format.h>

#include "events/error.h"
#include "events/model.h"
#include "events/position.h"
#include "events/record.h"
#include "store/log.h"

namespace catlog::projector {

using events::Position;

// A record says of which kind of stream it is, and may be of a later version's.
inline bool is_known_stream(events::Entity stream) {
  return stream != events::Entity::UNSET && static_cast<size_t>(stream) < events::model().entities().size();
}
inline std::string unknown_stream(events::Entity stream) {
  return fmt::format("this version does not know a kind of stream {}", static_cast<unsigned>(stream));
}

// A snapshot of the log is let go after so many events: it holds up the reuse of the log's pages.
constexpr Position max_events_per_snapshot = 10'000;

// Calls `visit(record)` for the events from `from` to `up_to` in order, until it returns false or the log ends. The
// record dies with the call. Throws Failure(damaged) for a record that cannot be read, and whatever `visit` throws.
template <class Visit>
void for_each_record(const store::Log& log, Position from, Position up_to, Visit&& visit) {
  if (from == 0) from = 1;  // before the first event
  bool more = true;
  while (more && from <= up_to) {
    store::LogSnapshot snapshot = log.snapshot();
    Position last = std::min({up_to, snapshot.head(), from + max_events_per_snapshot - 1});
    if (from > last) return;
    snapshot.scan(from, [&](Position position, store::Bytes bytes) {
      try {
        events::RecordView record(bytes);
        more = visit(record.root());
      } catch (const kj::Exception& damaged) {
        throw events::Failure(events::Exit::damaged, fmt::format("the record at position {} cannot be read: {}",
                                                                 position, damaged.getDescription().cStr()));
      }
      from = position + 1;
      return more && position < last;
    });
  }
}

}  // namespace catlog::projector
