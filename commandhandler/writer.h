#pragma once
#include <filesystem>

#include "commandhandler/decide.h"
#include "commandhandler/keys.h"
#include "commandhandler/tail.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

constexpr uint64_t max_tail_events = 2'000'000;  // held in memory over the stored state; then commands are `busy`

// The write side without its sockets: the log, the stored state and what lies between them.
//
// Threads: one at a time. Lifetime: refers to the log and the state store.
class Writer {
 public:
  // Reads the log's tail over the stored state. Failure(damaged) when the state is ahead of the log, Failure(failure)
  // when it is more than max_tail_events behind: the state loop must catch up first.
  Writer(store::Log& log, store::StateStore& states, const std::filesystem::path& keys_directory);

  // One batch: decide commands, then commit them all, or drop the object and nothing happened. One at a time.
  class Batch {
   public:
    Batch(Writer& writer, int64_t now_us);
    // As Decider::decide: empty when an earlier command of this batch must be committed first.
    std::optional<Receipt> decide(const events::Message& command) { return decider_.decide(command); }
    size_t events() { return decider_.drafts().size(); }
    // The log's, before this batch.
    Position head() { return decider_.drafts().head(); }
    // Makes the events durable; the position of the last. Throws StorageFull (nothing was written) or Failure.
    Position commit();

   private:
    Writer& writer_;
    store::StateSnapshot state_;
    store::LogSnapshot log_;
    Decider decider_;
  };

  // recordedAt of the last event; 0 when there is none.
  int64_t last_recorded_us() const;
  // Events that the stored state does not hold yet.
  uint64_t tail_events() const { return tail_.events(); }

 private:
  store::Log& log_;
  store::StateStore& states_;
  Keys keys_;
  Tail tail_;
};

}  // namespace catlog::commandhandler
