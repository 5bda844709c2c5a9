#pragma once
#include <optional>
#include <string>

#include "events/digest.h"
#include "events/position.h"

namespace catlog::store {

// Where a log branched off from the history of another: the last position that both have, and the root of the tree over
// the records up to it.
struct ForkedFrom {
  std::string log_id;
  events::Position position = 0;
  events::Digest root{};
  bool operator==(const ForkedFrom&) const = default;
};

struct LogIdentity {
  std::string id;  // a UUID
  std::optional<ForkedFrom> forked_from;
  bool operator==(const LogIdentity&) const = default;
};

}  // namespace catlog::store
