#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <zmq.hpp>

#include "events/bus/bus.h"
#include "events/bus/door.h"
#include "events/data_directory.h"
#include "projector/counters.h"
#include "projector/feed/counters.h"
#include "projector/names/names.h"
#include "projector/quarantine/standstill.h"
#include "projector/wal_options.h"
#include "store/log.h"

namespace catlog::projector {

// What comes of an event that cannot be applied. end: run() throws. wait: the loop stands still and tries again when
// the list of quarantined events was changed or another generation is live; run() throws when it is told to stop.
enum class OnStandstill { end, wait };

struct ProjectorOptions {
  OnStandstill at_standstill = OnStandstill::end;
  std::function<void(const Standstill&)> on_standstill = [](const Standstill&) {};  // each time it comes to stand still
  std::function<void(Position)> on_passed = [](Position) {};                        // what it stood at is behind it
  // Called when the loop begins to wait, for somebody else who holds the read model's file or for space on the disk;
  // the timer tries again.
  std::function<void(const std::string&)> on_waiting = [](const std::string&) {};
  std::function<void()> on_waited = [] {};  // when that is over
  // What whoever runs it may have to do something about, told once.
  std::function<void(const std::string&)> on_notice = [](const std::string&) {};
  Position events_per_batch = 4096;  // of one SQLite transaction; a longer command is finished all the same
  // Looks at the log even if no bell rang, and tries again when the disk is full or the file is held. Ten times as long
  // where there is nothing to do.
  std::chrono::milliseconds recheck{events::recheck_ms};
  std::chrono::milliseconds head_every{1'000};
  std::chrono::milliseconds drain_on_stop{5'000};
  std::chrono::milliseconds clear_readers_every{10'000};
  // How long a read model that cannot be written is opened again, at each bell and timer, before that is a failure.
  std::chrono::milliseconds longest_refused{10'000};
  WalOptions wal = {};
  events::Door feed = {};  // beside changes.ipc
  KnownKeys known = {};    // asked in run()'s thread
};

// To be called before a daemon does anything: makes SQLite ready for a process that limits no statement's memory.
void begin_process();

// The projector's loop: keeps the live read model up with the log and publishes every event that is in it.
//
// It opens readmodel/current.sqlite before each batch when that leads to another generation. No event is published
// twice by one loop, whatever the generations' checkpoints are, nor before the read model has it. After a restart it
// goes on at the checkpoint: subscribers see a gap where events were committed and not published, and get those again
// that a power cut took back.
//
// At an event that cannot be applied it stands still, after everything in front of that event's command; it takes the
// list of quarantined events (quarantine.h) as it is before each batch. A list that cannot be used is a standstill too.
// Readers hold it up in no way but this: at the limit of the read model's WAL it waits where it can make no new
// generation (wal_room.h).
//
// While it stands still, and afterwards until somebody gets past it, run/projector-status.json says where and why.
// Quarantined events are published: the feed carries the log.
//
// Threads: made in one, run in another. Lifetime: `log` and `context` outlive it.
class ProjectorLoop {
 public:
  // Takes the role's lock (run/projector.lock) and binds changes.ipc and bell-projected.ipc. Throws Failure(held) that
  // names the holder, Failure(usage) when the directory's path is too long for a socket, Failure(failure).
  ProjectorLoop(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context,
                ProjectorOptions options = {});
  ProjectorLoop(const ProjectorLoop&) = delete;
  ~ProjectorLoop();

  // Opens the live read model, and makes it when there is none, so that it can be asked from then on. To be called
  // before run(), which does it otherwise; what can be waited out is left to run(). Throws as run().
  void prepare();
  // Returns after `stop` was set, with the read model closed so that anybody can read it. It waits out a full disk, and
  // whoever holds the read model's file; neither holds up the stop. Throws Failure(unapplied) for an event that cannot
  // be applied and Failure(damaged) for a list that cannot be used, when OnStandstill says; then too the read model is
  // closed. Throws Failure(damaged) for a read model of another log or one of which a sync has failed, or a record
  // that cannot be read, Failure(failure).
  void run(events::Stop& stop);

  // Threads: any.
  const ProjectorCounters& counters() const;
  const FeedCounters& feed_counters() const;
  size_t unread_feed_bytes() const;

 private:
  class Work;  // what the loop has and does: behind its source, as whoever wires loops need not see the read model
  std::unique_ptr<Work> work_;
};

}  // namespace catlog::projector
