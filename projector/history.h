#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/model.h"
#include "events/uuid.h"
#include "store/log.h"

namespace catlog::projector {

using events::Position;

constexpr size_t max_history_events = 1'000'000;

// What one event did to one field. Values as in the read model; secret ones are "(hidden)".
struct FieldChange {
  std::string field;  // "title", "movie_translations/7.title", "movie_genres", "media_list_movies/42"
  std::optional<std::string> before, after;  // nothing: NULL, or no such row
};

// One event of a stream.
struct HistoryEntry {
  Position position = 0;
  uint64_t version = 0;
  int64_t recorded_at_us = 0;
  std::string event;  // movieDescribed
  events::Uuid command_id;
  std::optional<int64_t> user_id;  // who: nothing for a service
  std::string ip_address, user_agent;
  std::vector<FieldChange> changes;  // only fields whose value became another one; columns in declared order
};

// Where a stream's chain ends: the position of its last event, 0 when it has none. `known_last` is its last event among
// those up to `known_at` (from the decision state, say); (0, 0) reads the whole log.
Position last_in_stream(const store::Log& log, events::Entity stream, int64_t id, Position known_last = 0,
                        Position known_at = 0);

// A stream's events, oldest first, walked along their back-positions from `last`; each compared with what was before
// it. Throws Failure(damaged) when the chain leads elsewhere or a record cannot be read, Failure(refused) for a stream
// of more than max_history_events.
std::vector<HistoryEntry> history(const store::Log& log, events::Entity stream, int64_t id, Position last);

}  // namespace catlog::projector
