#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "projector/quarantine/quarantine.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

// An event that a read model leaves out: a row of its table projection_quarantine.
struct LeftOut {
  Position position = 0;
  std::string why;     // of one on the list: the operator's reason; else what was in its way
  Position cause = 0;  // the position on the list that this follows from; 0: an earlier release left it out, alone
};

// What a read model leaves out, by position.
struct LeftOutEvents {
  std::vector<LeftOut> listed;     // those that were on the list
  std::vector<LeftOut> with_them;  // the first few of those that are left out with them
  uint64_t with_them_count = 0;    // all of those
  bool empty() const { return listed.empty() && with_them_count == 0; }
};

// Nothing for a file whose schema is older than the table. Throws as Statement.
LeftOutEvents read_left_out(const Database& database);
// How many go with this one of the list, itself not counted.
uint64_t count_left_out_with(const Database& database, Position listed);

// "without 2 quarantined events: 5 (no title), 9 (..), and 3 with them: 6 (of the same command), 8 (movies/5 is left
// out), 10 (..)", the first few of them; empty when there are none.
std::string to_text(const LeftOutEvents& left_out);

// Where a read model was made with another list than today's, or by a release that left other events out with it. A
// rebuild makes them agree.
struct QuarantineDrift {
  std::vector<Position> listed_but_in;     // applied before they were put on the list
  std::vector<Position> left_out_but_off;  // taken off the list since
  std::vector<Position> left_out_alone;    // without what goes with it
  bool empty() const { return listed_but_in.empty() && left_out_but_off.empty() && left_out_alone.empty(); }
};

// `position`: of the read model; what is listed beyond it is still to come.
QuarantineDrift drift_of(const Quarantine& list, const LeftOutEvents& left_out, Position position);

// A sentence for each kind, with what to do.
std::vector<std::string> to_sentences(const QuarantineDrift& drift);

// Tells whether an event of the log is left out: up to a read model's position by its own word, beyond that by the
// list.
//
// Threads: one at a time.
class LeftOutLookup {
 public:
  LeftOutLookup() = default;  // nothing is
  // `read_model` may be null. Throws as Statement.
  LeftOutLookup(Quarantine list, std::unique_ptr<Database> read_model);
  // The position on the list because of which the event is left out, which may be its own; 0: it is not left out.
  // Throws as Statement.
  Position cause_of(const events::RecordReader& record) const;

 private:
  Quarantine list_;
  std::unique_ptr<Database> read_model_;
  std::unique_ptr<Statement> row_;
  Position passed_ = 0;  // of the read model
};

}  // namespace catlog::projector
