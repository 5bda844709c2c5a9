#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "commandhandler/state/state.h"

namespace catlog::commandhandler {

// What is committed, or about to be, but not in the stored state yet, as two layers: the older one is dropped whole
// once the stored state has reached its end, so keeping up costs nothing per entry.
//
// Threads: one at a time.
class Tail {
 public:
  // `position`: of the stored state that lies below.
  explicit Tail(Position position) : older_end_(position), newer_end_(position), stored_(position) {}

  // The layers, the topmost first; changes go to that one. A layer stays where it is until it is in the stored state.
  std::vector<Layer*> layers() { return {newer_.get(), older_.get()}; }
  // The changes of the events up to `end` are in.
  void reach(Position end) { newer_end_ = end; }
  // The changes of the events after `end` were undone.
  void fall_back(Position end);
  Position end() const { return newer_end_; }
  // The stored state is at `position` now.
  void stored(Position position);
  // How many events are in here and not in the stored state.
  uint64_t events() const { return newer_end_ - stored_; }

 private:
  std::unique_ptr<Layer> newer_ = std::make_unique<Layer>(), older_ = std::make_unique<Layer>();
  Position older_end_, newer_end_, stored_;
};

}  // namespace catlog::commandhandler
