#include "projector/sqlite/checkpoint.h"

#include <fmt/format.h>

#include "events/digest.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

Checkpoint read_checkpoint(const Database& database) {
  Statement exists(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'projection_checkpoint'");
  exists.step();
  if (exists.integer(0) == 1) {
    Statement row(database,
                  "SELECT logId, position, merkleHead, schemaVersion, state FROM projection_checkpoint WHERE id = 1");
    if (row.step()) {
      return {std::string(row.text(0)), static_cast<Position>(row.integer(1)), std::string(row.text(2)),
              static_cast<int>(row.integer(3)), row.text(4) == "live" ? State::live : State::retired};
    }
  }
  throw Failure(Exit::damaged, fmt::format("{} is not a read model: it has no projection_checkpoint; if it is the live "
                                           "one, move it away and run `catlog rebuild`",
                                           database.file().string()));
}

std::map<std::string, Position> read_stream_positions(const Database& database) {
  std::map<std::string, Position> positions;
  Statement rows(database, "SELECT kind, lastPosition FROM projection_streams");
  while (rows.step()) positions.emplace(rows.text(0), static_cast<Position>(rows.integer(1)));
  return positions;
}

void create_checkpoint(const Database& database, const std::string& log_id, int schema_version) {
  Statement insert(database,
                   "INSERT INTO projection_checkpoint (id, logId, position, schemaVersion) VALUES (1, ?1, 0, ?2)");
  insert.bind(1, std::string_view(log_id)).bind(2, int64_t{schema_version}).run();
}

void write_state(const Database& database, State state) {
  Statement update(database, "UPDATE projection_checkpoint SET state = ?1 WHERE id = 1");
  update.bind(1, std::string_view(state == State::live ? "live" : "retired")).run();
}

void check_belongs(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::string& log_id,
                   Position head) {
  if (checkpoint.log_id != log_id) {
    throw Failure(Exit::damaged, fmt::format("{} was made from log {}, but this is log {}: run `catlog rebuild`",
                                             file.string(), checkpoint.log_id, log_id));
  }
  if (checkpoint.position > head) {
    throw Failure(Exit::damaged,
                  fmt::format("{} stands at position {}, but the log ends at {}: the log has lost events or was "
                              "restored; if the log is the right one, run `catlog rebuild`",
                              file.string(), checkpoint.position, head));
  }
}

std::string merkle_head_at(const store::Log& log, Position position) {
  return position == 0 ? "" : events::hex(log.snapshot().tree_head(position).root);
}

void check_history(const Checkpoint& checkpoint, const std::filesystem::path& file, const store::Log& log) {
  if (checkpoint.merkle_head.empty() || checkpoint.merkle_head == merkle_head_at(log, checkpoint.position)) return;
  throw Failure(Exit::damaged,
                fmt::format("{} was made from other events than this log's first {}: the log was replaced or changed; "
                            "if the log is the right one, run `catlog rebuild`",
                            file.string(), checkpoint.position));
}

}  // namespace catlog::projector
