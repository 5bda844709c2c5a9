#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "events/position.h"
#include "events/schema/entity.h"
#include "store/log.h"

namespace catlog::projector {

using events::Position;
using StreamKey = std::pair<events::Entity, int64_t>;

// What is known of the log without reading it, from the decision state say. An empty function knows nothing.
struct Known {
  Position at = 0;                                    // it is known for the events up to here
  std::function<Position(StreamKey)> last_in_stream;  // the last one up to `at`, or a later one; 0: none
  std::function<std::optional<int64_t>(events::Entity, int64_t id)> owner;  // stream of a row in another one's stream
};

// Where streams end, and which stream a row belongs to: from what is known, and the events after that; without
// knowledge from the whole log. Memory: what is asked for.
//
// Threads: one at a time. Lifetime: the log's.
class StreamEnds {
 public:
  // `progress` is told now and then how far a scan of the log is.
  explicit StreamEnds(const store::Log& log, Known known = {}, std::function<void(Position, Position)> progress = {})
      : log_(log), known_(std::move(known)), progress_(std::move(progress)) {}

  const store::Log& log() const { return log_; }
  // The positions of the streams' last events, 0 for one that has none. Throws as for_each_record.
  std::map<StreamKey, Position> last(const std::set<StreamKey>& streams) const;
  Position last(StreamKey stream) const { return last(std::set<StreamKey>{stream}).at(stream); }
  // Whose stream holds the events of a row, removed ones too; nothing: there never was such a row. A stream's own row
  // and links need no look at the log: for links `id` is the owner's. Throws as for_each_record.
  std::optional<StreamKey> stream_of(events::Entity entity, int64_t id) const;

 private:
  const store::Log& log_;
  Known known_;
  std::function<void(Position, Position)> progress_;
};

}  // namespace catlog::projector
