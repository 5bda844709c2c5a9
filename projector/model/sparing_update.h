#pragma once
#include <map>
#include <optional>
#include <vector>

#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/value.h"

namespace catlog::projector {

// One kind of update, which leaves alone what an index holds and what stays as it is: SQLite would take the entry out
// of the index and put it back, which costs more than looking first.
//
// Threads: one at a time. Lifetime: must go before the Database.
class SparingUpdate {
 public:
  SparingUpdate(const Database& database, const events::EventType& type);
  // The statement that brings this row to these values, one for each of bound_columns(type); it takes the parameters of
  // sql_of(type).main. It changes no row when there is none of this id.
  Statement& choose(const Value& id, const std::vector<Value>& values);

 private:
  using Kept = std::vector<bool>;  // of indexed_
  Statement& without(const Kept& kept);

  const Database& database_;
  const events::EventType& type_;
  std::vector<size_t> indexed_;  // which of bound_columns(type) an index holds
  std::optional<Statement> read_;
  std::map<Kept, Statement> updates_;
  Kept kept_;
};

}  // namespace catlog::projector
