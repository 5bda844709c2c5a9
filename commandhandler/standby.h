#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "commandhandler/handler.h"
#include "events/bus/bus.h"
#include "events/position.h"
#include "store/engine/engine.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/log.h"

namespace catlog::commandhandler {

// How long a follower rests after it took something, unless it is behind: what comes meanwhile is taken together. Each
// taking is a commit, and wakes all who read the log; a follower's lag is half of the rest, mostly.
constexpr std::chrono::milliseconds rest_after_taking{20};

// How long nobody must have led before a node stands (without_room.h). 0: at once.
using StandsAfter = std::function<std::chrono::milliseconds()>;

// A node of a cluster that does not lead: its log follows the engine's, producers are told who leads, and when nobody
// does it tries to.
//
// Threads: one. Lifetime: refers to the log, the engine and the front.
class Standby {
 public:
  // Called when it does not hear from the engine, or from other nodes what the engine keeps no more, or when its own
  // disk has no room for what the others have, or so little that it lets others stand first (what is said of it), and
  // when that is over (empty).
  enum class Trouble { engine, others, room, little_room };
  using OnTrouble = std::function<void(Trouble, const std::string&)>;
  // The log has joined the engine. `others`: as Following has them.
  Standby(
      store::Log& log, store::engine::Engine& engine, store::engine::Member member, Front& front, OnTrouble on_trouble,
      store::engine::Others* others = nullptr, StandsAfter stands_after = [] { return std::chrono::milliseconds(0); });

  // Returns the leadership when this node leads and its log is the engine's; nothing when `stop` was set. Throws what
  // Following::take throws, but for what passes. Unless it returns a leadership it has given up what it was elected
  // for.
  std::unique_ptr<store::engine::Leadership> run(events::Stop& stop);

 private:
  bool may_stand();
  bool is_due() const;  // to look although no ring was heard
  bool follow();
  void look_for_leader();
  void give_up();
  void answer();
  void note(Trouble what, const std::string& words);
  bool is_in(Trouble what) const { return troubles_[static_cast<size_t>(what)]; }

  store::Log& log_;
  store::engine::Engine& engine_;
  store::engine::Member member_;
  Front& front_;
  OnTrouble on_trouble_;
  StandsAfter stands_after_;
  store::engine::Following following_;
  store::engine::Candidacy candidacy_;
  std::optional<store::engine::Leader> leader_;  // as it was last asked
  std::optional<int64_t> nobody_since_us_;       // since when nobody leads, as it was asked
  std::optional<events::Position> held_;         // as the engine was told
  int64_t look_at_us_ = 0;
  uint64_t looks_ = 0;
  bool is_behind_ = false;          // as the last taking showed
  std::array<bool, 4> troubles_{};  // those that were told
};

}  // namespace catlog::commandhandler
