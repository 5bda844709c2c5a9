#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/schema/shape.h"
#include "projector/sqlite/value.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

// One row of a read model, one column of which gets value after value, as an event carries them: what the rules say of
// the event's columns (commandhandler/rules/columns.h) and what SQLite says of the row that the projection makes of
// them.
class BothSides {
 public:
  struct Target {
    const events::EventType* type;
    const events::Column* column;
  };
  // Every column of every entity that a command can set, with an event that carries it: all but ids, references and
  // links, which the handler takes from rows that are there.
  static std::vector<Target> targets();

  BothSides();
  ~BothSides();

  enum class Verdict { accepted, refused };
  struct Answer {
    Verdict rules, sqlite;
    std::string stored;  // by the rules' own form
  };
  // `set` puts a value into the column group, which is whole and valid otherwise.
  using Set = std::function<void(capnp::DynamicStruct::Builder)>;
  Answer ask(const Target& target, const Set& set);
  Answer ask_text(const Target& target, std::string_view text);

 private:
  struct Plan;
  Plan& plan_of(const events::EventType& type);
  Verdict store(Plan& plan, capnp::DynamicStruct::Reader group);

  TemporaryDirectory directory_;
  RecordScript script_;
  projector::ReadModel model_;
  std::map<uint16_t, std::unique_ptr<Plan>> plans_;
};

}  // namespace catlog::tests
