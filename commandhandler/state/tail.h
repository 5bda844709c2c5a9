#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "commandhandler/state/handover.h"
#include "commandhandler/state/state.h"

namespace catlog::commandhandler {

constexpr uint64_t max_unflushed_events =
    16'384;  // then they are flushed; a start reads few more, unless the disk was full
constexpr int64_t flush_interval_us = 1'000'000;

// What is committed, or about to be, but not in the stored state yet, as two layers: the older one is dropped whole
// once the stored state has reached its end, so keeping up costs nothing per entry. Where the state loop is in the same
// process, the older one is handed to it, to be stored.
//
// Threads: one at a time.
class Tail {
 public:
  // `position`: of the stored state that lies below.
  explicit Tail(Position position, Handover* handover = nullptr)
      : handover_(handover), older_after_(position), older_end_(position), newer_end_(position), stored_(position) {}

  // The layers, the topmost first; changes go to that one. A layer stays where it is until it is in the stored state.
  std::vector<Layer*> layers() { return {newer_.get(), older_.get()}; }
  // The changes of the events up to `end` are in.
  void reach(Position end);
  // The changes of the events after `end` were undone.
  void fall_back(Position end);
  Position end() const { return newer_end_; }
  // The stored state is at `position` now. Changes go to another layer afterwards, when it is time for what there is.
  void stored(Position position);
  // The events up to `position` are durable: what is made of them may be stored.
  void durable(Position position);
  // How many events are in here and not in the stored state.
  uint64_t events() const { return newer_end_ - stored_; }

 private:
  bool is_time() const;

  Handover* handover_;  // null: the state loop is in another process, and folds the log itself
  std::unique_ptr<Layer> newer_ = std::make_unique<Layer>(), older_ = std::make_unique<Layer>();
  Position older_after_, older_end_, newer_end_, stored_;
  bool is_offered_ = true;  // the older one
  int64_t newer_since_us_ = 0;
};

}  // namespace catlog::commandhandler
