#pragma once
#include <cstdint>

#include "commandhandler/state/counters.h"
#include "commandhandler/state/handover.h"
#include "commandhandler/state/state.h"
#include "commandhandler/state/tail.h"
#include "events/bus/bell.h"
#include "events/bus/bus.h"
#include "events/data_directory.h"
#include "store/files/file_lock.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

constexpr uint64_t max_behind_at_start_events = 2 * max_unflushed_events;  // more is folded and flushed first
// What every loop's niceness is above the handler's: a producer waits for that one, and for no projection.
constexpr int behind_the_handler = 5;

// Keeps the stored decision state up with the log, in commits of its own, so that no producer waits for it: flushes
// what the handler hands over, or, where there is none in this process, folds what was committed and flushes it now and
// then.
//
// Threads: run() in one thread. Lifetime: refers to the log and the state store.
class StateLoop {
 public:
  // Takes the role; Failure(held) names who has it.
  // `most_handed`: what is handed over and is of more events is folded again, and stored in parts.
  StateLoop(store::Log& log, store::StateStore& states, zmq::context_t& context, const events::DataDirectory& data,
            uint64_t most_handed = 8 * max_unflushed_events);
  // To be called before run(): brings the stored state so near to the log's end that the handler has little to read.
  // Does nothing where the state is near already, for nobody waits for a flush. Ends early when the disk is full.
  void catch_up();
  // Returns after `stop` was set, after a last flush. Throws Failure.
  void run(events::Stop& stop);
  // Folds what the log holds beyond the folded position, at most one batch; false when there was nothing.
  bool advance();
  // Writes what was folded. When the disk is full that is kept, and the next flush tries again.
  void flush();

  // Where a handler of this process leaves what it has folded.
  Handover& handover() { return handover_; }

  // Threads: any.
  const StateCounters& counters() const { return counters_; }

 private:
  // False when there was nothing.
  bool store_handed_over();
  // Stores what the log holds up to this position, or more; false when the disk is full.
  bool store_in_parts(Position end);
  // False when the disk is full.
  bool write(const Layer& changes, Position end);

  store::Log& log_;
  store::StateStore& states_;
  uint64_t most_handed_;
  store::FileLock lock_;
  events::Bell bell_;
  Handover handover_;
  Layer changes_;
  Position stored_, folded_;
  StateCounters counters_;
  int64_t flush_at_us_ = 0;
};

}  // namespace catlog::commandhandler
