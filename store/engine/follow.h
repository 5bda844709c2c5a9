#pragma once
#include <cstddef>
#include <string>

#include "events/tree_head.h"
#include "store/engine/engine.h"
#include "store/log.h"

namespace catlog::store::engine {

// refuse: an engine without a log is not what was meant. begin: this node's log becomes the cluster's.
enum class IfEmpty { refuse, begin };

// Holds a node's log against the engine's before anything is done with it. A log without events takes over the engine's
// id. Throws Failure(usage or damaged), with what to do, where the two are not of one history; Unreachable.
void join(Engine& engine, Log& log, IfEmpty if_empty);

// A node's log behind the engine's: the same batches, each one commit, each root the same.
//
// Threads: one at a time, the one that appends to the log. Lifetime: refers to both.
class Following {
 public:
  // join() has been called.
  Following(Engine& engine, Log& log);

  // Takes what the engine has behind the log's head, as much as one answer holds; how many batches that was. Throws
  // Failure(damaged) with both roots where the histories part, Failure(usage) where the engine does not keep what is
  // missing; StorageFull, after which it may be called again; Unreachable.
  size_t take();
  const events::TreeHead& head() const { return head_; }

 private:
  void append(const Batch& batch);

  Engine& engine_;
  Log& log_;
  events::TreeHead head_;
};

}  // namespace catlog::store::engine
