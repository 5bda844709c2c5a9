#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "events/tree_head.h"
#include "store/engine/engine.h"
#include "store/engine/engine_counters.h"
#include "store/engine/steps.h"
#include "store/merkle.h"

namespace catlog::store::engine {

// Who is in the engine under what name.
struct Member {
  std::string node;                           // its name: letters, digits, . _ -
  std::string endpoint;                       // where clients reach it
  size_t nodes = 3;                           // how many there are
  uint64_t kept_bytes = uint64_t{256} << 20;  // of batches, in the engine
  EngineCounters* counters = nullptr;         // that are kept, if any
  std::string key = {};                       // by which clients know each node; empty: none in common
};

// Another node leads, or may: this one must write nothing more, and ends. What was under way has no receipt.
class LeadLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The part of a leader between a batch's being decided and its receipts (README.md, "The order of things").
//
// Threads: append and head in one at a time, is_lost in any, keep in one of its own. Lifetime: refers to the engine.
class Leadership {
 public:
  // `tree`: of the node's log, which is the engine's.
  Leadership(Engine& engine, Member member, Term term, Frontier tree);

  // Returns when the engine has these records behind the head, as the batch that the node's own log is to take too;
  // asks again while nobody knows. Throws LeadLost, after which this object may only be asked is_lost.
  Batch append(std::span<const std::span<const std::byte>> records);
  // Of what the engine has; the node's own log may lack the last of it.
  const events::TreeHead& head() const { return head_; }
  // False while all is well, as far as is known.
  bool is_lost() const;
  // Tells the engine how far this node is, and takes away there what a majority has and what is over kept_bytes. To be
  // called now and then; does nothing where the engine does not answer.
  void keep(events::Position durable);
  // Whoever ends lets another lead at once.
  void resign();
  Term term() const { return term_; }
  const Member& member() const { return member_; }

 private:
  Proposal::Found look(const Batch& batch);
  void count_earlier();  // batches that the engine keeps of the terms before

  Engine& engine_;
  Member member_;
  Term term_;
  Frontier tree_;
  events::TreeHead head_;
  std::optional<Proposal> proposal_;
  std::mutex mutex_;
  std::deque<std::pair<events::Position, uint64_t>> kept_;  // where batches begin, and their bytes
  uint64_t kept_bytes_ = 0;
  // keep's own
  std::optional<events::Position> held_;  // as the engine was told
  const events::Position begun_;          // where the log ended when the term began
  bool has_earlier_ = false;              // kept_, of the terms before
};

}  // namespace catlog::store::engine
