#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <string>

#include "commandhandler/counters.h"
#include "commandhandler/decide.h"
#include "commandhandler/keys.h"
#include "commandhandler/state/tail.h"
#include "commandhandler/state/unchanged.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

constexpr uint64_t max_tail_events = 2'000'000;  // held in memory over the stored state; then commands are `busy`

// What works beside a writer, and outlives it.
struct WriterNeighbours {
  store::engine::Leadership* leadership = nullptr;  // its engine has each batch before the log; null: no other machine
  Handover* handover = nullptr;        // takes what was folded to the state loop; null: that one is in another process
  KeySharing* sharing = nullptr;       // with whom keys are shared; null beside a leadership: nothing is sealed
  WriterCounters* counters = nullptr;  // where it counts; null: its own
  // Beside a leadership: called after each commit into the log, in another thread; throws nothing.
  std::function<void()> on_local_commit = [] {};
};

// The write side without its sockets: the log, the stored state and what lies between them.
//
// What is durable is in the log; beside a leadership it is in the engine, and the log takes it behind that
// (store/engine/README.md, "The order of things").
//
// Threads: one at a time. Lifetime: refers to the log, the state store and, where there are some, the leadership
// and the handover.
class Writer {
 public:
  // Reads the log's tail over the stored state. Failure(damaged) when the state is ahead of the log, Failure(failure)
  // when it is more than max_tail_events behind: the state loop must catch up first.
  Writer(store::Log& log, store::StateStore& states, const std::filesystem::path& keys_directory,
         const WriterNeighbours& neighbours = {});
  ~Writer();

  // When a batch's commit waits for the disk. meanwhile: at once, in another thread. in_settle: in settle().
  enum class Commit { meanwhile, in_settle };

  // One batch: decide commands, then commit them all, or drop the object and nothing happened. One at a time; it may be
  // decided while the one before it is made durable.
  class Batch {
   public:
    Batch(Writer& writer, Moment moment);
    ~Batch();
    Batch(const Batch&) = delete;
    // Decides as Decider::decide: empty when an earlier command must be committed first.
    std::optional<Receipt> decide(const events::Message& command, const std::string& sender = {}) {
      return decider_.decide(command, sender);
    }
    // As Decider's.
    auto recall(const events::Message& command) const { return decider_.recall(command); }
    std::optional<Position> accepted_at(events::Uuid id) const { return decider_.accepted_at(id); }
    size_t events() { return decider_.drafts().size(); }
    size_t rows_seen() const { return decider_.rows_seen(); }
    // The position of the log before this batch.
    Position head() { return decider_.drafts().head(); }
    // Makes the events durable and returns the position of the last. Throws StorageFull (nothing was written) or
    // Failure. Nothing is decided in this batch any more.
    Position commit();
    // The same, but returns at once: settle() says how it ended; without events it has ended then. The batch before
    // must be settled.
    void start(Commit how);

   private:
    Writer& writer_;
    store::StateSnapshot state_;
    store::LogSnapshot log_;
    Decider decider_;
  };

  // Waits until the batch that was started is durable; returns at once when there is none. Throws StorageFull or
  // Failure: then nothing of that batch was written, and the batch that was decided meanwhile is void and must be
  // dropped. LeadLost: this process leads no more, and whether the batch is in the cluster's log it cannot say.
  void settle();
  // Beside a leadership: the log takes what is durable now. What follows a batch does it too.
  void give_to_log();
  bool is_under_way() const { return under_way_.has_value(); }
  // Waits until the log has all that is durable. Throws as check_log.
  void wait_for_log();
  // Throws what a commit into the log failed with that was made behind its receipts.
  void check_log() const;
  // What was given to the log, and is not in it yet: how long the oldest has been, and the bytes of all; zero: nothing.
  std::chrono::steady_clock::duration log_is_behind() const;
  size_t bytes_behind() const;
  // The tree over what is durable, up to the batch that was settled last.
  store::TreeHead tree_head() const;

  // recordedAt of the last event; 0 when there is none.
  int64_t last_recorded_us() const;
  // Events that the stored state does not hold yet.
  uint64_t tail_events() const { return tail_.events(); }
  // Threads: any.
  const WriterCounters& counters() const { return counters_; }

 private:
  store::Log& log_;
  store::StateStore& states_;
  store::engine::Leadership* leadership_;
  Handover* handover_;
  bool may_seal_;
  // Events that are being made durable.
  struct UnderWay {
    Drafts drafts;
    size_t changes;              // of the journal, from its beginning
    std::future<void> appended;  // none: in settle()
    double seconds = 0;          // that its commit took
    store::engine::Batch in_engine = {};
  };
  std::future<void> append_meanwhile(UnderWay& batch);
  void append(UnderWay& batch);
  void count(Position durable, size_t events, double seconds);
  store::StateSnapshot advanced();
  Sealing& sealing();

  WriterCounters own_counters_;
  WriterCounters& counters_;
  Keys keys_;
  Tail tail_;
  UnchangedCommands unchanged_;
  KeyHints hints_;
  // The log behind a leadership's engine.
  std::optional<store::engine::LocalCommits> local_;
  std::optional<store::engine::Batch> for_log_;  // the engine has it, and it was not given to the log yet
  store::TreeHead durable_;                      // of the engine
  Journal journal_;                              // of the batch that is under way, then of the one that is decided
  std::optional<UnderWay> under_way_;            // goes first: it refers to the log
};

}  // namespace catlog::commandhandler
