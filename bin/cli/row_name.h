#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bin/cli/subcommand.h"
#include "projector/history/history.h"
#include "projector/history/stream_ends.h"

namespace catlog::cli {

// Which rows a name may be of: `there`, those of the read model; `ever`, where there is none of that name, also those
// that were removed or that the read model does not have yet: the log is read for them. Up to a position it is the log
// alone that says who had the name then, and where nobody had it any more, who had it before. Rows in another's stream
// (tokens, seasons) are those of the read model always.
struct Among {
  bool ever = false;
  std::optional<events::Position> up_to;
};

// The id of a row that is named by what it is known by outside: "ada" of users, "tmdb:603" or "imdb:tt0133093" of
// movies; a number alone is an id. Of several rows that had a unique name one after the other it is the last; which
// one, where the read model does not have it, is told on stderr. Throws Failure(usage) when the table has no such key,
// or no row of that name.
int64_t row_id_of(const Settings& settings, const store::Log& log, const std::string& table, const std::string& name,
                  const Among& among);
bool table_is_link(const std::string& table);

// A row's name, "movies/tmdb:603", with its id, "movies/42"; as it is where it has an id, or is a link's. Throws as
// row_id_of, and for a name that ends with its slash.
std::string with_id(const Settings& settings, const store::Log& log, const std::string& name, const Among& among = {});

// "movies", "42" or a link's "42,16". Throws Failure(usage), with the tables that there are or with how to name it.
projector::Scope parse_row(const std::string& table, const std::string& id);
// "movies/42"; of a table with a stream of its own all that is in the stream, of links all of the owner's or one.
projector::Scope parse_scope(const std::string& text);

// Finds out where streams end and whose a row is: from the decision state, and from the log what the state does not
// know.
projector::StreamEnds stream_ends(const Settings& settings, const store::Log& log,
                                  std::function<void(events::Position, events::Position)> progress = {});

// Visits the history of `scope`, whose stream is looked up; a progress bar on a terminal until the first entry.
// `up_to`: the last position that counts; nothing: the head.
void visit_history(const Settings& settings, const store::Log& log, projector::Scope scope,
                   std::optional<events::Position> up_to, const std::function<void(projector::HistoryEntry)>& visit);

// "movies/42"
struct StreamName {
  events::Entity entity = events::Entity::UNSET;
  int64_t id = 0;
};

// Throws Failure(usage), with the names that there are.
StreamName parse_stream(const std::string& text);

// The position of the stream's last event, 0 when it has none: from the decision state and the events after it,
// without a state from the whole log.
events::Position last_in_stream(const Settings& settings, const store::Log& log, const StreamName& stream);

}  // namespace catlog::cli
