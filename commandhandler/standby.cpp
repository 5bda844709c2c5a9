#include "commandhandler/standby.h"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "commandhandler/rules/refusal.h"
#include "events/codec/receipt.h"
#include "events/text/datetime.h"

namespace catlog::commandhandler {

namespace {

using store::engine::Candidacy;

constexpr std::chrono::milliseconds follow_wait{20};  // a producer that comes to the wrong node waits that long
constexpr int64_t look_again_us = 250'000;            // for who leads, and for batches whose ring was lost
constexpr uint64_t looks_a_second = 4;
// Who finds so much at once is behind, and takes the rest as fast as can be.
constexpr size_t many_batches = 16;
constexpr store::Position many_events = 4'096;

}  // namespace

Standby::Standby(store::Log& log, store::engine::Engine& engine, store::engine::Member member, Front& front,
                 OnTrouble on_trouble, store::engine::Others* others, StandsAfter stands_after)
    : log_(log),
      engine_(engine),
      member_(std::move(member)),
      front_(front),
      on_trouble_(std::move(on_trouble)),
      stands_after_(std::move(stands_after)),
      following_(engine, log, others) {}

std::unique_ptr<store::engine::Leadership> Standby::run(events::Stop& stop) try {
  bool has_rung = true;
  while (!stop.is_set()) {
    front_.numbers->handler.heartbeat.beat();
    answer();
    try {
      if (candidacy_.next(following_.head()) == Candidacy::Step::serve)
        return std::make_unique<store::engine::Leadership>(engine_, member_, candidacy_.term(), log_.frontier());
      const bool has_advanced = (has_rung || candidacy_.term() != 0 || is_due()) && follow();
      if (candidacy_.next(following_.head()) == Candidacy::Step::ask_tip) {
        if (const auto tip = engine_.tip()) candidacy_.asked(tip->head);
      } else {
        look_for_leader();
      }
      note(Trouble::engine, "");
      if (has_advanced && !is_behind_ && candidacy_.term() == 0) std::this_thread::sleep_for(rest_after_taking);
      has_rung = (has_advanced && engine_.may_have(following_.head().size + 1)) || engine_.wait(follow_wait);
    } catch (const store::engine::Unreachable& why) {
      note(Trouble::engine, why.what());
      nobody_since_us_.reset();  // somebody may have led meanwhile
      engine_.wait(follow_wait);
      has_rung = true;
    }
    front_.bell.look();
  }
  give_up();
  return nullptr;
} catch (...) {
  give_up();
  throw;
}

// Whoever ends before he leads must not keep the others from it for a lease, nor, started again and again, for ever.
void Standby::give_up() try {
  if (const auto term = std::exchange(candidacy_, {}).term(); term != 0) engine_.resign(term);
} catch (const store::engine::Unreachable&) {  // the lease ends by itself
}

bool Standby::is_due() const { return events::steady_now_us() >= look_at_us_; }

bool Standby::follow() try {
  const auto begun = following_.head().size;
  const size_t taken = following_.take();
  note(Trouble::room, "");
  is_behind_ = taken >= many_batches || following_.head().size - begun >= many_events;
  if (taken > 0) {
    note(Trouble::others, "");
    front_.bell.ring();
  }
  return taken > 0;
} catch (const events::StorageFull& full) {  // it is tried again when it is due
  note(Trouble::room, full.what());
  return false;
} catch (const store::engine::OthersSilent& why) {  // likewise; the engine does answer
  note(Trouble::others, why.what());
  return false;
}

void Standby::look_for_leader() {
  if (!is_due()) return;
  look_at_us_ = events::steady_now_us() + look_again_us;
  // Lost since it was elected, or it cannot get to the head: as if it had not been.
  const bool is_stuck = is_in(Trouble::room) || is_in(Trouble::others);
  const auto term = candidacy_.term();
  if (term != 0 && (is_stuck || !engine_.is_leading(term))) {
    candidacy_ = {};
    engine_.resign(term);
  }
  log_.check_in_place();
  // Each is a write on a majority's disks.
  const bool is_second = looks_++ % looks_a_second == 0;
  if (is_second && held_ != following_.head().size) {
    engine_.hold(member_.node, following_.head().size);
    held_ = following_.head().size;
  }
  leader_ = engine_.leader();
  if (member_.counters) {
    member_.counters->see(leader_);
    if (is_second) member_.counters->see(engine_.holds());
  }
  // It was elected without hearing of it.
  if (leader_ && leader_->term != candidacy_.term() && leader_->node == member_.node &&
      engine_.is_leading(leader_->term))
    engine_.resign(leader_->term);
  if (leader_) nobody_since_us_.reset();
  if (leader_ || is_stuck || !may_stand() || candidacy_.next(following_.head()) != Candidacy::Step::campaign) return;
  if (const auto elected = engine_.elect(member_.node, member_.endpoint); elected != 0) candidacy_.elected(elected);
}

// Where nobody has room somebody leads all the same, and says so to producers.
bool Standby::may_stand() {
  const int64_t now = events::steady_now_us();
  if (!nobody_since_us_) nobody_since_us_ = now;
  const std::chrono::microseconds after = stands_after_();
  note(Trouble::little_room, after.count() == 0 ? "" : fmt::format("{} s without a leader", after.count() / 1'000'000));
  return now - *nobody_since_us_ >= after.count();
}

void Standby::note(Trouble what, const std::string& words) {
  bool& is_told = troubles_[static_cast<size_t>(what)];
  if (std::exchange(is_told, !words.empty()) != words.empty()) return;
  if (what == Trouble::room) front_.numbers->handler.storage_full.set(is_told ? 1 : 0);
  on_trouble_(what, words);
}

void Standby::answer() {
  front_.intake.take_credits();
  while (auto request = front_.intake.receive()) {
    // This node itself: before it was started again, within its lease.
    const bool is_known = leader_ && leader_->node != member_.node;
    const std::string where = is_known ? leader_->endpoint : "";
    auto refusal = Refusal{RefusalCode::NOT_LEADER, "",
                           is_known ? fmt::format("{} leads, at {}: send the command there", leader_->node, where)
                                    : "nobody leads now; send the command again in a second, here or to another node"};
    refusal.leader = where;
    if (is_known) refusal.leader_key = member_.key;
    const auto encoding = request->encoding.value_or(events::Encoding::json);
    front_.intake.reply(*request, encoding, {}, encode(Receipt::refused("", refusal), encoding));
  }
}

}  // namespace catlog::commandhandler
