#pragma once
#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "events/tree_head.h"
#include "store/engine/engine.h"

// The order of things, without doing them: each of these says what is to be done next, and is told what came of it. The
// programs' threads walk them over a real engine and a real log, and the model (tests/support/cluster_model.h) over all
// that can happen.
namespace catlog::store::engine {

// A leader's batch, from its being decided to its receipts. commit: into the node's own log. give_up: it is not in the
// engine and never will be, and this node leads no more. end: nobody knows whether it happened, so there is no receipt,
// and this node leads no more either.
class Proposal {
 public:
  enum class Step { send, look, commit, acknowledge, give_up, end, done };

  Step next() const { return next_; }
  // How the engine answered to `send`.
  void sent(Outcome outcome) {
    switch (outcome) {
      case Outcome::ok:
        next_ = Step::commit;
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
    next_ = found == Found::ours ? Step::commit : found == Found::another ? Step::give_up : Step::end;
  }
  void committed() { next_ = Step::acknowledge; }
  void acknowledged() { next_ = Step::done; }
  bool operator==(const Proposal&) const = default;

 private:
  Step next_ = Step::send;
  bool is_doubtful_ = false;
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
