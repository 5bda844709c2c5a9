#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "events/position.h"
#include "projector/sqlite/sqlite.h"
#include "store/log.h"

namespace catlog::projector {

using events::Position;

enum class State { live, retired };

// Where in which log a read model stands: the row of its public table projection_checkpoint.
struct Checkpoint {
  std::string log_id;
  Position position = 0;    // all events up to here are in; always the end of a command
  std::string merkle_head;  // of the log at that position, hex; empty: not known
  int schema_version = 0;
  State state = State::live;  // retired: another generation took its place, open current.sqlite again
};

// Throws Failure(damaged) when the file is not a read model.
Checkpoint read_checkpoint(const Database& database);

// Position of the last event of each kind of stream ("movies"), for those that have one.
std::map<std::string, Position> read_stream_positions(const Database& database);

// The row of a file that holds no event yet. In the caller's transaction.
void create_checkpoint(const Database& database, const std::string& log_id, int schema_version);

void write_state(const Database& database, State state);

// Throws Failure(damaged), with what to do, when the read model is not of the log `log_id` or is beyond its head.
void check_belongs(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::string& log_id,
                   Position head);

// What merkleHead says at this position: the root of the log's tree over the events up to it, hex; empty at 0.
std::string merkle_head_at(const store::Log& log, Position position);

// Throws Failure(damaged), with what to do, when the log's first events are not those that the read model was made
// from, though the log has the same id: its merkleHead is not the log's at that position. After check_belongs.
void check_history(const Checkpoint& checkpoint, const std::filesystem::path& file, const store::Log& log);

}  // namespace catlog::projector
