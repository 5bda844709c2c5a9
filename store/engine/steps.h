#pragma once
#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "events/tree_head.h"
#include "store/engine/engine.h"

// The order of things, without doing them: each of these says what is to be done next, and is told what came of it. The
// programs' threads walk them over a real engine and a real log, and the model (tests/support/cluster_model.h) over all
// that can happen.
namespace catlog::store::engine {

// A leader's batch, from its being decided to its receipts. acknowledge: the engine has it, so the receipts go out, and
// the node's own log may take it (Backlog). give_up: it is not in the engine and never will be, and this node leads no
// more. end: nobody knows whether it happened, so there is no receipt, and this node leads no more either.
class Proposal {
 public:
  enum class Step { send, look, acknowledge, give_up, end, done };

  Step next() const { return next_; }
  // How the engine answered to `send`.
  void sent(Outcome outcome) {
    switch (outcome) {
      case Outcome::ok:
        next_ = Step::acknowledge;
        return;
      case Outcome::unknown:
        is_doubtful_ = true;  // the same again: its conditions hold once
        return;
      case Outcome::stale_leader:
      case Outcome::stale_head:
        // Neither condition ever holds again, so whatever is under way yet cannot happen either.
        next_ = is_doubtful_ ? Step::look : Step::give_up;
    }
  }
  enum class Found { ours, another, trimmed };
  // What the engine has behind our head, by its nonce. trimmed: others went on so far that it does not say any more.
  void looked(Found found) {
    next_ = found == Found::ours ? Step::acknowledge : found == Found::another ? Step::give_up : Step::end;
  }
  void acknowledged() { next_ = Step::done; }
  bool operator==(const Proposal&) const = default;

 private:
  Step next_ = Step::send;
  bool is_doubtful_ = false;
};

// What a leader's own log lacks of what the engine has: batches in their order. One commit takes all that there are,
// and only what is committed is said to be on this node's disk.
class Backlog {
 public:
  static constexpr size_t max_batches = 256, max_bytes = size_t{32} << 20;

  explicit Backlog(events::Position durable) : durable_(durable) {}
  // False: the next batch is not sent to the engine before a commit has made room.
  bool has_room() const { return ends_.size() < max_batches && bytes_ < max_bytes; }
  bool empty() const { return ends_.empty(); }
  size_t bytes() const { return bytes_; }
  // The engine has the batch that ends there.
  void add(events::Position end, size_t bytes) {
    ends_.emplace_back(end, bytes);
    bytes_ += bytes;
  }
  // A commit took all up to there.
  void committed(events::Position end) {
    for (; !ends_.empty() && ends_.front().first <= end; ends_.pop_front()) bytes_ -= ends_.front().second;
    durable_ = end;
  }
  // Up to where the node's own log goes, and where it will.
  events::Position durable() const { return durable_; }
  events::Position end() const { return ends_.empty() ? durable_ : ends_.back().first; }

 private:
  events::Position durable_;
  std::deque<std::pair<events::Position, size_t>> ends_;
  size_t bytes_ = 0;
};

// A node on its way to lead. follow: take one batch more. ask_tip: only after the election, for what came before it may
// have been outdated by the former leader.
class Candidacy {
 public:
  enum class Step { campaign, ask_tip, follow, serve };

  Step next(const events::TreeHead& own) const {
    if (term_ == 0) return Step::campaign;
    if (!tip_) return Step::ask_tip;
    return own.size < tip_->size ? Step::follow : Step::serve;
  }
  void elected(Term term) { term_ = term; }
  void asked(const events::TreeHead& tip) { tip_ = tip; }
  Term term() const { return term_; }
  const std::optional<events::TreeHead>& tip() const { return tip_; }

 private:
  Term term_ = 0;
  std::optional<events::TreeHead> tip_;
};

// Whether a batch belongs behind a node's own head.
inline bool continues(const events::TreeHead& own, const Batch& batch) { return batch.before == own; }

// The position from which on everything must be kept: what a majority of `nodes` has on its disks may go. `held`: what
// each that said so has.
template <class Positions>
events::Position keep_from(const Positions& held, size_t nodes) {
  size_t majority = nodes / 2 + 1;
  std::vector<events::Position> sorted;
  for (const auto& entry : held) sorted.push_back(entry);
  if (sorted.size() < majority) return 1;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  return sorted[majority - 1] + 1;
}

}  // namespace catlog::store::engine
