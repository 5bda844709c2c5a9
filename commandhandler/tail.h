#pragma once
#include <vector>

#include "commandhandler/state.h"

namespace catlog::commandhandler {

// What is committed but not in the stored state yet, as two layers: the older one is dropped whole once the stored
// state has reached its end, so keeping up costs nothing per entry.
//
// Threads: one at a time.
class Tail {
 public:
  // `position`: of the stored state that lies below.
  explicit Tail(Position position) : older_end_(position), newer_end_(position), stored_(position) {}

  // The layers, the topmost first.
  std::vector<Layer*> layers() { return {&newer_, &older_}; }
  // Takes the changes of the events up to `end`.
  void take(Layer& changes, Position end);
  // The stored state is at `position` now.
  void stored(Position position);
  // How many events are in here and not in the stored state.
  uint64_t events() const { return newer_end_ - stored_; }

 private:
  Layer newer_, older_;
  Position older_end_, newer_end_, stored_;
};

}  // namespace catlog::commandhandler
