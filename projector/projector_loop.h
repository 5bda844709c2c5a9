#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <zmq.hpp>

#include "events/bus/bus.h"
#include "events/data_directory.h"
#include "projector/feed/feed.h"
#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "projector/quarantine/quarantine_watch.h"
#include "projector/quarantine/standstill.h"
#include "store/files/file_lock.h"
#include "store/files/watched_file.h"
#include "store/log.h"

namespace catlog::projector {

// What comes of an event that cannot be applied. end: run() throws. wait: the loop stands still and tries again when
// the list of quarantined events was changed or another generation is live; run() throws when it is told to stop.
enum class OnStandstill { end, wait };

struct ProjectorOptions {
  OnStandstill at_standstill = OnStandstill::end;
  std::function<void(const Standstill&)> on_standstill = [](const Standstill&) {};  // each time it comes to stand still
  std::function<void(Position)> on_passed = [](Position) {};                        // what it stood at is behind it
  // Each time that somebody else comes to hold the read model's file, or that there is no room for it; then the timer
  // tries again.
  std::function<void(const std::string&)> on_waiting = [](const std::string&) {};
  Position events_per_batch = 4096;  // of one SQLite transaction; a longer command is finished all the same
  // Looks at the log even if no bell rang, and tries again when the disk is full or the file is held.
  std::chrono::milliseconds recheck{events::recheck_ms};
  std::chrono::milliseconds head_every{1'000};
  std::chrono::milliseconds drain_on_stop{5'000};
  std::chrono::milliseconds clear_readers_every{10'000};
};

// How often a read model that cannot be written is opened again, a timer apart, before that is a failure.
constexpr int most_refused_in_a_row = 20;

// The projector's loop: keeps the live read model up with the log and publishes every event that is in it.
//
// It opens readmodel/current.sqlite before each batch when that leads to another generation. No event is published
// twice by one loop, whatever the generations' checkpoints are, nor before the read model has it. After a restart it
// goes on at the checkpoint: what was committed and not published then is seen as a gap, what a power cut took back is
// published again.
//
// At an event that cannot be applied it stands still, after everything in front of that event's command; it takes the
// list of quarantined events (quarantine.h) as it is before each batch. A list that cannot be used is a stop too. While
// it stands still, and afterwards until somebody gets past it, run/projector-status.json says where and why.
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

  // Opens the live read model, and makes it when there is none, so that it can be asked from then on. Before run(),
  // which does it otherwise; so what can be waited out is left to that. Throws as run().
  void prepare();
  // Returns after `stop` was set, with the read model closed so that anybody can read it. A full disk is waited out,
  // and so is whoever holds the read model's file, without holding up the stop. Throws Failure(unapplied) for an event
  // that cannot be applied and Failure(damaged) for a list that cannot be used, as OnStandstill says: then too it is
  // closed. Throws Failure(damaged) for a read model of another log or a record that cannot be read, Failure(failure).
  void run(events::Stop& stop);

 private:
  using Clock = std::chrono::steady_clock;
  bool step();
  void take_list();
  // Whether the read model that is open is not the live one any more.
  bool is_taken_away() const;
  void follow_link();
  std::filesystem::path find_current() const;
  void let_go();
  void tell_waiting(const std::string& words);
  void apply_batch();
  void apply_to(Position up_to, Position& last_whole);
  // working: batch after batch. waiting: for room, or for whoever holds the file; it was told so. at_event: it stands
  // still at an event that cannot be applied, until the list or the generation is another one. without_list: it stands
  // still until the list can be used.
  enum class State { working, waiting, at_event, without_list };
  bool stands_still() const { return state_ == State::at_event || state_ == State::without_list; }
  void stand_still(State state, Standstill standstill);
  void note_passed();
  void publish();
  void keep_time();

  const store::Log& log_;
  std::filesystem::path run_directory_;
  ProjectorOptions options_;
  Position events_per_batch_ = options_.events_per_batch;  // fewer after there was no room
  store::FileLock lock_;
  Generations generations_;
  events::BellListener log_bell_;
  events::Bell projected_bell_;
  Feed feed_;
  std::unique_ptr<ReadModel> model_;              // null until the first one could be opened, and between two
  std::optional<store::WatchedFile> model_file_;  // another file under its name is another read model
  int refused_in_a_row_ = 0;                      // writes, by SQLite
  QuarantineWatch watch_;
  Quarantine quarantine_;
  State state_ = State::working;
  std::optional<Standstill> noted_;  // what run/projector-status.json says
  Clock::time_point next_head_, next_clearing_;
};

}  // namespace catlog::projector
