#pragma once
#include <span>
#include <string>
#include <vector>

#include "projector/quarantine.h"
#include "projector/sqlite.h"

namespace catlog::projector {

// An event that a read model leaves out: a row of its table projection_quarantine.
struct LeftOut {
  Position position = 0;
  std::string why;
};

// By position; nothing for a file whose schema is older than the table. Throws as Statement.
std::vector<LeftOut> read_left_out(const Database& database);

// "without 2 quarantined events: 5 (no title), 9 (..)", the first few of them; empty when there are none.
std::string to_text(std::span<const LeftOut> left_out);

// Where a read model was made with another list than today's. A rebuild makes them agree.
struct QuarantineDrift {
  std::vector<Position> listed_but_in;     // applied before they were put on the list
  std::vector<Position> left_out_but_off;  // taken off the list since
  bool empty() const { return listed_but_in.empty() && left_out_but_off.empty(); }
};

// `position`: of the read model; what is listed beyond it is still to come.
QuarantineDrift drift_of(const Quarantine& list, std::span<const LeftOut> left_out, Position position);

// A sentence for each kind, with what to do.
std::vector<std::string> to_sentences(const QuarantineDrift& drift);

}  // namespace catlog::projector
