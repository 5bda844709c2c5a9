#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/position.h"
#include "events/schema/entity.h"
#include "events/text/uuid.h"
#include "projector/history/stream_ends.h"

namespace catlog::projector {

// What a history is about: `stream`: all rows of a stream (a movie, its translations and genres). `row`: one row of a
// table, or the one link between `id` and `other`. `links`: all links of the owner `id` in a table of links.
struct Scope {
  enum class Extent { stream, row, links };
  Extent extent = Extent::stream;
  events::Entity entity = events::Entity::UNSET;
  int64_t id = 0;
  int64_t other = 0;  // of one link, else 0
  StreamKey stream;   // whose events are read
};

// What one event did to one field. Values as in the read model; secret ones are "(hidden)".
struct FieldChange {
  // In a stream's history columns of its own row have plain names, what belongs to it says what it is: "title",
  // "movie_translations/7.title", "movie_genres", "media_list_movies/42"; in a row's, columns only; links "table/1,42".
  std::string field;
  std::optional<std::string> before, after;  // nothing: NULL, or no such row
};

// One event of a history.
struct HistoryEntry {
  Position position = 0;
  StreamKey stream;  // whose event it is: another one's when that took or changed something of ours with it
  uint64_t version = 0;
  int64_t recorded_at_us = 0;
  std::string event;  // movieDescribed
  events::Uuid command_id;
  std::optional<int64_t> user_id;  // who: nothing for a service
  std::string ip_address, user_agent;
  Position left_out_with = 0;          // the read model leaves it out, so it changed nothing: the position on the
                                       // list, which may be its own; 0: it does not
  std::vector<FieldChange> changes;    // only fields whose value became another one; columns in declared order
  std::vector<FieldChange> times;      // the same of createdAt, updatedAt, lastUpdated
  std::vector<std::string> rewritten;  // of a row's history: columns that were set to the value they had
  bool row_is_there = true;            // of a row's history: after this event
};

}  // namespace catlog::projector
