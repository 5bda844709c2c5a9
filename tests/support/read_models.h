#pragma once
#include <string>

#include "events/position.h"
#include "events/schema/record.h"
#include "projector/model/read_model.h"
#include "tests/support/records.h"

namespace catlog::tests {

inline const std::string test_log_id = "11111111-2222-4333-8444-555555555555";

inline void apply_one(projector::ReadModel& model, const RecordScript& script, events::Position position) {
  events::RecordView record(script.bytes(position));
  model.apply(record.root());
}

// Applies and commits `from` to `to`, which must be the end of a command.
inline void apply(projector::ReadModel& model, const RecordScript& script, events::Position from, events::Position to) {
  model.begin();
  for (events::Position position = from; position <= to; ++position) apply_one(model, script, position);
  model.commit();
}

inline void apply(projector::ReadModel& model, const RecordScript& script) {
  apply(model, script, model.position() + 1, script.head());
}

// The first column of the first row as text.
inline std::string one_value(const projector::Database& database, const std::string& sql) {
  projector::Statement statement(database, projector::Sql::generated(sql));
  return statement.step() ? std::string(statement.text(0)) : "no row";
}

}  // namespace catlog::tests
