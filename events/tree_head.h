#pragma once
#include "events/digest.h"
#include "events/position.h"

namespace catlog::events {

// What a whole log is known by: how many records there are, and the root of the Merkle tree over them (store/merkle.h).
struct TreeHead {
  Position size = 0;
  Digest root{};
  bool operator==(const TreeHead&) const = default;
};

}  // namespace catlog::events
