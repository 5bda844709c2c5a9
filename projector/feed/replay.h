#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/bus/bell.h"
#include "events/bus/bus.h"
#include "events/bus/door.h"
#include "events/bus/limits.h"
#include "events/bus/router.h"
#include "events/bus/topics.h"
#include "events/data_directory.h"
#include "events/text/uuid.h"
#include "projector/feed/change_frames.h"
#include "projector/feed/counters.h"
#include "projector/feed/replay_queue.h"
#include "projector/feed/waiters.h"
#include "projector/names/names.h"
#include "store/files/file_lock.h"
#include "store/log.h"

namespace catlog::events {
class Message;
}

namespace catlog::projector {

using events::max_chunk_bytes, events::max_events_per_chunk, events::max_records_per_chunk,
    events::max_replay_request_bytes, events::replays_unanswered, events::longest_chunk;

// A piece of the log as a subscriber gets it.
struct Chunk {
  std::vector<ChangeFrames> events;
  Position next = 1;     // all matching events from the one asked for up to before this one are in `events`
  bool at_head = false;  // the log held nothing from `next` on
  std::optional<events::Uuid> last_command;  // of the event before `next`; nothing: there is none
};

// The first events from `from` (0 means 1) on that match: at most `limit`, within the limits above, and as far as it
// comes until then (one event is looked at always). Their header's previousInTable counts from `from` on: 0 when the
// table has no earlier event there. `names`: tells of them; null: nothing. Throws Failure(damaged) for a record that
// cannot be read.
Chunk read_chunk(const store::Log& log, Position from, uint64_t limit, const events::TopicFilter& filter,
                 events::Encoding encoding,
                 std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max(),
                 Names* names = nullptr);

// Of a node of a cluster, whose log others may be ahead of.
struct OtherNodes {
  // Finds out up to where the cluster's log goes when this is called. Nothing: nobody knows now. It may take a while,
  // so it is called in a thread of its own, one at a time.
  std::function<std::optional<Position>()> latest;
};

// The replay socket, replay.ipc: events from a position on, as far as the log goes, in chunks that a peer asks for one
// by one; and whether the read model has a position, when it has (events/PROTOCOL.md). Between two requests it keeps
// nothing but those that wait. Peers have their chunks in turns; what takes no time, a status or a refusal, is answered
// between two of them, unless its peer has chunks open: answers to one peer are in order, but of those that wait.
//
// Threads: made in one, run in another. Lifetime: `log` and `context` outlive it.
class ReplayLoop {
 public:
  // Takes the role's lock (run/replay.lock) and binds. `projected`: up to which position the read model has the log; it
  // is asked in run()'s thread, while somebody waits. Throws Failure(held) that names the holder, Failure(usage) when
  // the directory's path is too long for a socket, Failure(failure).
  // `door`: how it is reached beside replay.ipc, and by whom. `known`: asked in run()'s thread. `others`: without it
  // this log is all that there is, so that what was named behind its end is lost.
  ReplayLoop(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context,
             std::function<Position()> projected, const events::Door& door = {}, KnownKeys known = {},
             std::optional<OtherNodes> others = {});
  ReplayLoop(const ReplayLoop&) = delete;

  // Returns after `stop` was set, when those that wait are answered. Throws Failure(damaged) for a record that cannot
  // be read.
  void run(events::Stop& stop);

  // Threads: any.
  const ReplayCounters& counters() const { return counters_; }
  const events::Counter& dropped() const { return asked_.dropped(); }

 private:
  void take_requests();
  void answer(events::Request& request);
  void answer_chunk(events::Request& request, const events::Message& asked);
  void answer_status(events::Request& request);
  void take_waiter(events::Request& request, const events::Message& asked);
  void wait(events::Request& request, Position position, Waiters::Clock::time_point until);
  void ask_latest();
  void take_latest();
  void answer_waiters();
  void let_waiters_go();
  void answer_waited(events::Request& request, Position wanted, Position reached);
  std::chrono::milliseconds rest_with_waiters() const;
  void refuse(events::Request& request, const std::string& sentence);
  void send(events::Request& request, std::string answer, std::vector<ChangeFrames> changes = {});

  const store::Log& log_;
  store::FileLock lock_;
  std::function<Position()> projected_;
  Names names_;
  std::optional<OtherNodes> others_;
  events::Router asked_;
  ReplayQueue waiting_;
  events::BellListener projected_bell_;
  Waiters waiters_;
  // Who wants the latest position: those whose question is under way, and those that came since, for whom it is asked
  // again.
  struct ForLatest {
    events::Request request;
    Waiters::Clock::time_point until;
  };
  std::vector<ForLatest> asking_, to_ask_;
  std::future<std::optional<Position>> latest_;
  ReplayCounters counters_;
};

}  // namespace catlog::projector
