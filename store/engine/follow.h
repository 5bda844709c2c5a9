#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "events/tree_head.h"
#include "store/engine/engine.h"
#include "store/log.h"
#include "store/proof.h"

namespace catlog::store::engine {

// refuse: an engine without a log is not what was meant. begin: this node's log becomes the cluster's.
enum class IfEmpty { refuse, begin };

// Some of a log's records as another node has them, and the proofs that the log before them, and with them, is the
// beginning of one that is trusted. Neither its term nor its nonce mean anything.
struct Piece {
  Batch batch;
  Path path_before, path;
};

// What a node that has the log gives to one that has its first `from` records: about max_bytes more, at least one, with
// the proofs for its first `trusted`, where that is not its last. Nothing where from < trusted does not hold, or this
// log is shorter.
std::optional<Piece> piece_of(const Log& log, events::Position from, events::Position trusted, size_t max_bytes);

// The other nodes, for what the engine keeps no more.
class Others {
 public:
  virtual ~Others() = default;
  // How many there are.
  virtual size_t size() const = 0;
  // Records from the one behind `own` on, with the proofs for `trusted`, a later head, from one of them, the next one
  // each time. Nothing: that one has none, or does not answer. It may be anything: whoever takes it checks it.
  virtual std::optional<Piece> piece(const events::TreeHead& own, const events::TreeHead& trusted) = 0;
};

// The engine answers, and none of the other nodes gives what it keeps no more: ask again later.
class OthersSilent : public Unreachable {
 public:
  using Unreachable::Unreachable;
};

// Holds a node's log against the engine's before anything is done with it. A log without events takes over the engine's
// id, and where that log branched off. `others`: null where there is nobody to ask for what the engine keeps no more.
// Throws Failure(usage or damaged), with what to do, where the two are not of one history; Unreachable.
void join(Engine& engine, Log& log, IfEmpty if_empty, const Others* others = nullptr);

// A node's log behind the engine's: the same records, batches whole, each root the same. Batches that came together are
// one commit.
//
// Threads: one at a time, the one that appends to the log. Lifetime: refers to all of them.
class Following {
 public:
  // join() has been called.
  Following(Engine& engine, Log& log, Others* others = nullptr);

  // Takes what the engine has behind the log's head, as much as one answer holds; how many batches that was. What the
  // engine keeps no more it takes from another node, a piece each time, and none of it that is not the beginning of the
  // engine's log; 0 where the one that was asked had none. Throws Failure(damaged) with both roots where the histories
  // part, and with both positions where this log ends within one of the engine's batches; Failure(usage) where nobody
  // is to be asked for what is missing; StorageFull, after which it may be called again; Unreachable, and OthersSilent
  // where none of the others has what is missing, or one gives something else.
  size_t take();
  const events::TreeHead& head() const { return head_; }

 private:
  bool append_at_once(std::span<const Batch> batches);
  void append(const Batch& batch);
  void check_end();
  size_t take_piece();
  bool append_piece();
  void check_own(const Piece& piece, const events::TreeHead& trusted) const;

  Engine& engine_;
  Log& log_;
  Others* others_;
  events::TreeHead head_, trusted_;  // trusted: before the engine's first batch, when it was last asked
  size_t without_answer_ = 0;        // of the others, one after the other
};

}  // namespace catlog::store::engine
