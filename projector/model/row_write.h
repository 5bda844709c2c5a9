#pragma once
#include <map>
#include <optional>
#include <vector>

#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/value.h"

namespace catlog::projector {

// One kind of event that makes or changes a row. The row is looked at first, which costs less than what it saves: of an
// update, an index's entry that stays as it is, which SQLite takes out and puts back; of a creation, ON CONFLICT, for
// which SQLite keeps a copy of each page that it changes.
//
// Threads: one at a time. Lifetime: must go before the Database.
class RowWrite {
 public:
  RowWrite(const Database& database, const events::EventType& type);
  // The statement that brings this row to these values, one for each of bound_columns(type), with the parameters of
  // EventSql. Of an update it changes no row when there is none of this id.
  Statement& choose(const Value& id, const std::vector<Value>& values);

 private:
  using Kept = std::vector<bool>;  // of indexed_
  Statement& without(const Kept& kept);

  const Database& database_;
  const events::EventType& type_;
  std::vector<size_t> indexed_;  // which of bound_columns(type) an index holds; read_ reads them behind the id
  std::optional<Statement> read_, insert_;  // insert_: of creations
  std::map<Kept, Statement> updates_;
  Kept kept_;
};

}  // namespace catlog::projector
