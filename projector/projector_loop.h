#pragma once
#include <chrono>
#include <filesystem>
#include <memory>

#include <zmq.hpp>

#include "events/bus.h"
#include "projector/feed.h"
#include "projector/generations.h"
#include "projector/read_model.h"
#include "store/file_lock.h"
#include "store/log.h"

namespace catlog::projector {

struct ProjectorOptions {
  Position events_per_batch = 4096;  // of one SQLite transaction; a longer command is finished all the same
  std::chrono::milliseconds recheck{
      50};  // looks at the log even if no bell rang, and tries again when the disk is full
  std::chrono::milliseconds head_every{1'000};
  std::chrono::milliseconds drain_on_stop{5'000};
  std::chrono::milliseconds clear_readers_every{10'000};
};

// The projector's loop: keeps the live read model up with the log and publishes every event that is in it.
//
// It opens readmodel/current.sqlite before each batch when that leads to another generation. No event is published
// twice by one loop, whatever the generations' checkpoints are, nor before the read model has it. After a restart it
// goes on at the checkpoint: what was committed and not published then is seen as a gap, what a power cut took back is
// published again.
//
// Threads: made in one, run in another. Lifetime: `log` and `context` outlive it.
class ProjectorLoop {
 public:
  // Takes the role's lock (run/projector.lock) and binds changes.ipc and bell-projected.ipc. Throws Failure(held) that
  // names the holder, Failure(usage) when the directory's path is too long for a socket, Failure(failure).
  ProjectorLoop(const store::Log& log, const std::filesystem::path& data_directory, zmq::context_t& context,
                ProjectorOptions options = {});
  ProjectorLoop(const ProjectorLoop&) = delete;

  // Opens the live read model, and makes it when there is none, so that it can be asked from then on. Before run(),
  // which does it otherwise. Throws as run().
  void prepare();
  // Returns after `stop` was set, with the read model closed so that anybody can read it. A full disk is waited out.
  // Throws Unappliable for an event that cannot be applied, Failure(damaged) for a read model of another log or a
  // record that cannot be read, Failure(failure).
  void run(events::Stop& stop);

 private:
  using Clock = std::chrono::steady_clock;
  bool step();
  void follow_link();
  std::filesystem::path find_current() const;
  void let_go();
  bool apply_batch();
  void publish();
  void keep_time();

  const store::Log& log_;
  ProjectorOptions options_;
  store::FileLock lock_;
  Generations generations_;
  events::BellListener log_bell_;
  events::Bell projected_bell_;
  Feed feed_;
  std::unique_ptr<ReadModel> model_;  // null until the first one could be opened, and between two
  bool started_ = false;              // the feed knows where it begins
  Clock::time_point next_head_, next_clearing_;
};

}  // namespace catlog::projector
