#pragma once
#include <functional>
#include <string>
#include <vector>

#include "store/log.h"

namespace catlog::store {

struct TreeCheck {
  TreeHead head;                      // by the records
  std::vector<std::string> findings;  // "position 7: ..", in the order of the records; empty: all agrees
};

// Computes the Merkle tree over the records up to the head again and compares it with the stored one: each record with
// its leaf, each node with the two below it. So any bit that turned in a record is found by position. Ends after `most`
// findings. The log may be appended to meanwhile; snapshots are short.
//
// `progress(done, head)` is told now and then, before the records up to `done` + some thousands are read. Throws
// Failure(damaged) where the log's own structure is broken; LMDB itself may end the process at such a page: where that
// matters, call this in a child process.
TreeCheck check_tree(const Log& log, size_t most, const std::function<void(Position done, Position head)>& progress);

}  // namespace catlog::store
