#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "events/bus/client_keys.h"
#include "events/client/change.h"
#include "events/client/questions.h"
#include "events/patience.h"
#include "events/position.h"

namespace catlog::events {

struct GroupOptions {
  std::string groups_endpoint;  // ipc:///…/run/groups.ipc
  std::string name;             // of the group, which is made where there is none: with these topics, from there on
  std::vector<std::string> topics = {};  // prefixes as `movies/` or `movies/42/`; none: everything
  Position from = 1;
  std::string member = {};  // that no other process has; empty: one is made up
  // For how long the caller may be busy with one event before this member counts as gone.
  std::chrono::milliseconds ack_within{30'000};
  uint64_t tries = 5;                                  // how often an event may fail before it is set aside
  uint64_t limit = 100;                                // how many it holds at most
  std::chrono::milliseconds answer_within = patience;  // as of SubscriberOptions
  std::chrono::milliseconds ask_again{10'000};
  std::optional<ClientKeys> keys = {};  // for an endpoint where the daemon asks for them
};

// An event that was handed out to this member; from the second attempt on it may have been dealt with already.
struct GroupChange : Change {
  uint64_t attempt = 1;
};

// A member of a named group (events/PROTOCOL.md, "Groups"): the daemon keeps what was dealt with, and shares the work
// among members.
//
// An event counts as dealt with when the next one is asked for; it is acknowledged then, together with others, at least
// each second. Who ends before that gets it again, or another member does. A daemon that is away is waited for.
//
// Threads: one at a time. Lifetime: at its end it gives back what it holds, and waits two seconds at most for that.
class GroupMember {
 public:
  // Joins. Throws as next().
  explicit GroupMember(GroupOptions options);
  ~GroupMember();
  GroupMember(const GroupMember&) = delete;

  // The next event; nothing when there was none in `timeout` (an acknowledgement of those before is waited for beyond
  // it). Throws Failure(unreachable) when nothing answers for answer_within, Failure(refused) when the log is another
  // one or was restored to before what the group has seen, Failure(usage) with the code and words of another refusal,
  // Failure(failure) when what comes is not from a catlog: then this object may only be destroyed.
  std::optional<GroupChange> next(std::chrono::milliseconds timeout);
  // The event that next() handed over last failed: it is handed out again, to any member, after `delay` (none: the
  // daemon's), later ones of its stream behind it, and is set aside when it has failed too often.
  void fail(std::string why, std::optional<std::chrono::milliseconds> delay = {});

 private:
  using Clock = std::chrono::steady_clock;
  struct Handed {
    Position position = 0;
    uint64_t attempt = 1;
    std::string topic;
  };
  struct Failed {
    std::string why;
    std::optional<std::chrono::milliseconds> delay;
  };
  using Frames = std::vector<zmq::message_t>;

  void join();
  bool fetch(Clock::time_point deadline);
  bool is_still_ours(const GroupChange& change);
  void settle_last();
  void end_batch();
  void tell(Clock::time_point until);
  void give_up(const Handed& handed, Clock::time_point until);
  bool acknowledge(const std::vector<Handed>& handed, Clock::time_point until);
  std::optional<Frames> ask(const std::string& request, Clock::time_point until);
  void leave(Clock::time_point until);

  GroupOptions options_;
  zmq::context_t context_;
  Questions questions_;
  std::deque<GroupChange> pending_;
  std::optional<Handed> last_;  // that next() handed over, and nothing was told of
  std::vector<Handed> dealt_with_;
  std::map<Position, Failed> failed_;
  std::set<std::string> gone_;  // streams of which this member has nothing more
  bool has_batch_ = false, holds_more_ = false, is_broken_ = false;
  std::chrono::milliseconds batch_ack_within_{};
  Clock::time_point told_at_, until_, looked_at_;
};

}  // namespace catlog::events
