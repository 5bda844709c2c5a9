#pragma once
#include <chrono>
#include <expected>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/bus/bell.h"
#include "events/bus/bus.h"
#include "events/bus/router.h"
#include "events/data_directory.h"
#include "events/patience.h"
#include "projector/feed/change_frames.h"
#include "projector/groups/counters.h"
#include "projector/groups/group_clock.h"
#include "projector/groups/group_keeper.h"
#include "projector/groups/group_messages.h"
#include "projector/names/names.h"
#include "store/files/file_lock.h"
#include "store/log.h"

namespace catlog::projector {

// The socket of groups' members, groups.ipc (events/PROTOCOL.md, "Groups"), and that of operators,
// groups-operator.ipc, to which only the owner of the data directory can connect. What came in one round is written
// before any of it is answered.
//
// Threads: made in one, run in another. Lifetime: `log` and `context` outlive it.
class GroupsLoop {
 public:
  // Takes the role's lock (run/groups.lock), reads the groups and binds. Throws Failure(held) that names the holder,
  // Failure(usage) when the directory's path is too long for a socket, Failure(failure).
  // `door`: who may come to groups.ipc; orders are for whoever the file system lets in. `known`: asked in run()'s
  // thread.
  // `ends`: of a cluster's node, where a group may be begun behind a receipt that came before its log had it.
  enum class LogEnds { here, others_may_be_ahead };
  GroupsLoop(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context,
             const events::Door& door = {}, KnownKeys known = {}, LogEnds ends = LogEnds::here);
  GroupsLoop(const GroupsLoop&) = delete;

  // Returns after `stop` was set. Throws Failure(damaged) for a record that cannot be read.
  void run(events::Stop& stop);

  // Threads: any, of all.
  const GroupsCounters& counters() const { return counters_; }
  const events::Counter& dropped() const { return asked_.dropped(); }
  std::vector<GroupNumbers> numbers() const;

 private:
  using Time = GroupWork::Time;
  // A fetch for which there was nothing yet.
  struct Waiting {
    events::Request request;
    std::string group, member;
    size_t limit = 0;
    Time until{};
  };
  // What is to begin at a position that the log has not come to, and the socket that it came from.
  struct Early {
    events::Request request;
    events::Router* from;
    Position position = 0;
    Time until{};
  };
  // An answer that goes out when its group is written.
  struct Answer {
    events::Request request;
    std::string text;
    std::vector<ChangeFrames> changes;
    std::string group;  // none: it goes out in any case
  };

  void take_requests(Time now);
  void take(events::Request& request, Time now, Time early_until);
  void take_order(events::Request& request, Time now, Time early_until);
  bool waits_for_log(events::Request& request, events::Router& from, const GroupRefusal& why, Position position,
                     Time now, Time until);
  void take_early(Time now);
  void end_fetch(const Group& group, const std::string& member);
  void fetch(events::Request& request, const GroupCall& call, Group& group, Time now);
  void settle(events::Request& request, const GroupCall& call, Group& group, Time now);
  void serve_waiting(Time now);
  bool serve(Waiting& waiting, Time now);
  std::vector<ChangeFrames> read(Group& group, const std::string& member, std::vector<Delivery>& deliveries,
                                 events::Encoding encoding);
  void take_orders(Time now);
  std::expected<void, GroupRefusal> carry_out(const GroupOrder& order, Time now);
  void save_and_answer(Time now);
  void answer(events::Request& request, std::string text, const Group& group);
  void refuse(events::Request& request, const GroupRefusal& refusal);
  void refuse(events::Request& request, GroupRefusal refusal, GroupCall::Kind kind);
  void send(events::Router& router, events::Request& request, std::string text, std::vector<ChangeFrames> changes = {});
  void publish_numbers();
  std::chrono::milliseconds wait_for(Time now);

  const store::Log& log_;
  store::FileLock lock_;
  Names names_;
  GroupKeeper keeper_;
  events::BellListener log_bell_;
  events::Router asked_, ordered_;
  LogEnds ends_;
  std::list<Waiting> waiting_;
  std::vector<Early> early_;
  std::vector<Answer> answers_;
  bool is_behind_ = false;  // somebody waits while the log holds more
  size_t bytes_of_round_ = 0;
  Time next_progress_{};
  events::Recheck recheck_;
  GroupsCounters counters_;
  mutable std::mutex numbers_lock_;
  std::vector<GroupNumbers> numbers_;
};

}  // namespace catlog::projector
