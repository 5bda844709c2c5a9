#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/position.h"

namespace catlog::projector {

using events::Position;

// An event that is handed out for the `number`th time.
struct Delivery {
  Position position = 0;
  uint64_t number = 0;
  bool operator==(const Delivery&) const = default;
};

// What of the log a group has not dealt with, and what it has given up: the part that outlives a restart.
struct WorkState {
  struct Open {
    std::string stream;                // "movies/42/"
    uint64_t tries = 0, failures = 0;  // how often it was handed out, and how often that came to nothing
    std::string member;                // who holds it; empty: nobody
  };
  struct SetAside {
    std::string stream;
    uint64_t tries = 0;
    std::string why;
  };
  Position cursor = 0;  // everything up to here is dealt with, set aside, or open because it is tried again
  Position seen = 0;    // everything up to here that matches is open, or dealt with, or set aside
  std::map<Position, Open> open;
  std::map<Position, SetAside> set_aside;
};

// Who gets which event of a group next (events/PROTOCOL.md, "Groups"): members, what they hold, tries, what is set
// aside. Knows no clock, no file, no socket and no log: it is told what the log holds, and the time since some
// beginning, which never goes back. Its memory is bounded by the group's limits (events/bus/limits.h).
//
// Threads: one at a time.
class GroupWork {
 public:
  using Time = std::chrono::milliseconds;
  struct Rules {
    Time ack_within{30'000};  // a member that says nothing for so long is gone
    uint64_t tries = 5;       // that often an event may fail
  };
  // An event that is held for so many times ack_within goes to others, whatever its member says.
  static constexpr int longest_hold = 8;

  // Who holds something is a member, and was heard of now.
  GroupWork(WorkState state, Rules rules, Time now);

  const WorkState& state() const { return state_; }
  const Rules& rules() const { return rules_; }
  void set_rules(Rules rules) {
    rules_ = rules;
    next_deadline_ = Time(0);
  }
  size_t members() const { return members_.size(); }
  size_t held() const { return held_; }

  // Takes from the dead and the slow what they hold; to be called with the present time before anything else. Whether
  // something went back.
  bool expire(Time now);
  // When expire() has something to do next, or an event may be tried again, at the earliest.
  std::optional<Time> next_deadline() const { return next_deadline_; }

  // A member says something. False: it is a new one, and there are as many as there can be.
  bool hear(const std::string& member, Time now);
  // What it holds goes to others, and did not fail.
  void leave(const std::string& member);

  // Whether there is room for more events to wait.
  bool wants_more() const;
  // The next one of the log, behind state().seen. `stream`: where it matches.
  void see(Position position, std::optional<std::string> stream);

  // Hands out at most so many to a member that was heard of. In the order of positions; events of a stream that another
  // one holds wait, one that has failed before goes alone.
  std::vector<Delivery> hand_out(const std::string& member, Time now, size_t limit);
  // As if these had not been handed out: they did not reach the member.
  void take_back(const std::string& member, std::span<const Delivery> deliveries);
  // The member has these and no others: what else it was handed failed, but is not set aside for that. Whether there
  // was such.
  bool keep_only(const std::string& member, std::span<const Delivery> deliveries, Time now);

  // False where it is too late: it is not the member's any more, or was handed out again.
  bool acknowledge(const std::string& member, Delivery delivery);
  // The event failed. `delay`: before it is handed out again; nothing: longer with each failure.
  bool give_up(const std::string& member, Delivery delivery, const std::string& why, Time now,
               std::optional<Time> delay);

  // What is set aside is open again, as if it had never been tried. Whether it was set aside.
  bool retry(Position position);

 private:
  struct Member {
    Time heard;
    std::map<Position, Time> held;  // and since when
  };
  struct Holder {
    std::string member;
    size_t events = 0;
  };
  using Open = std::map<Position, WorkState::Open>::iterator;

  Open held_by(const std::string& member, Delivery delivery);
  void hold(Open event, const std::string& member, Time now);
  void let_go(Open event);
  void let_go_with_stream_behind(Open event);
  void fail(Open event, const std::string& why);
  void settle(Open event);
  void move_cursor();
  bool may_get(const WorkState::Open& event, Position position, const std::string& member, Time now) const;
  bool has_failed_one(const Member& member) const;
  void look_again_at(Time when);
  void find_next_deadline(Time now);

  WorkState state_;
  Rules rules_;
  std::unordered_map<std::string, Member> members_;
  std::unordered_map<std::string, Holder> holders_;  // by stream
  std::map<Position, Time> delayed_;                 // not to be handed out before
  size_t held_ = 0;
  std::optional<Time> next_deadline_;
};

}  // namespace catlog::projector
