#pragma once
#include <memory>

#include "projector/sqlite/sqlite.h"
#include "store/log.h"

namespace catlog::projector {

struct LogSource;

// What EXPLAIN QUERY PLAN says where no condition narrows what is read of log_events.
constexpr const char* log_from_end_to_end = "the whole log";

// The log as a table of a connection: log_events, an event a row, in the order of positions.
//
//   position, recordedAt   as the read model writes times
//   stream, streamId, version   the stream's table and row, and the version that the event gave it
//   event   its name
//   commandId, correlationId, userId, ipAddress, userAgent   as of `catlog log --format csv`; NULL where it has none
//   bytes   of its record
//
// What an event says is not in it, so no secret is. Conditions on position and recordedAt are looked up, whatever else
// is asked reads all events between them. No snapshot of the log outlives a step of a statement.
//
// Threads: the connection's. Lifetime: `log` outlives it, and it the connection's statements.
class LogTable {
 public:
  // Of the events up to `last`. Throws as Database.
  LogTable(const Database& database, const store::Log& log, store::Position last);
  ~LogTable();
  LogTable(const LogTable&) = delete;

  // Throws what a step met that failed for the log's sake, and nothing otherwise.
  void rethrow() const;

 private:
  std::unique_ptr<LogSource> source_;
};

}  // namespace catlog::projector
