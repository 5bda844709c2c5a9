#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "events/counters.h"
#include "events/position.h"
#include "store/engine/engine.h"

namespace catlog::store::engine {

// What a node knows of its cluster, for its metrics and `catlog status`. Threads: any.
class EngineCounters {
 public:
  events::Gauge term;                                         // in which this node leads; 0: it does not
  events::Gauge is_answering;                                 // 1: the engine did when it was last asked
  events::Histogram append_seconds{events::duration_bounds};  // until the engine had a batch

  struct Seen {
    std::string leader;                             // its name; empty: nobody leads, or it is not known
    std::map<std::string, events::Position> holds;  // up to where each node's disk has the log, a second ago or so
    std::map<std::string, std::string>
        troubles;  // what is wrong with each other node, as this one finds; empty: nothing
  };
  void see(const std::optional<Leader>& leader) {
    const std::lock_guard lock(mutex_);
    seen_.leader = leader ? leader->node : "";
  }
  void see(std::map<std::string, events::Position> holds) {
    const std::lock_guard lock(mutex_);
    seen_.holds = std::move(holds);
  }
  void see_trouble(const std::string& node, const std::string& words) {
    const std::lock_guard lock(mutex_);
    seen_.troubles[node] = words;
  }
  Seen seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  Seen seen_;
};

}  // namespace catlog::store::engine
