#include "projector/projector_loop.h"

#include <fmt/format.h>

#include "projector/log_records.h"
#include "projector/sockets.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

ProjectorLoop::ProjectorLoop(const store::Log& log, const fs::path& data_directory, zmq::context_t& context,
                             ProjectorOptions options)
    : log_(log),
      options_(options),
      lock_(data_directory / "run" / "projector.lock", "the projector"),
      generations_(data_directory / "readmodel"),
      log_bell_(context, events::endpoint_in(data_directory, "bell-log.ipc")),
      projected_bell_(context, events::endpoint_in(data_directory, "bell-projected.ipc")),
      feed_(context, events::endpoint_in(data_directory, "changes.ipc"), log.id()) {}

void ProjectorLoop::prepare() {
  try {
    follow_link();
  } catch (const store::StorageFull&) {
    // As in run(): the timer tries again.
  }
}

void ProjectorLoop::run(events::Stop& stop) {
  while (!stop.is_set()) {
    log_bell_.drain();
    feed_.take_subscriptions();
    const bool more = step();
    keep_time();
    if (!more) wait_for_any(stop, {&log_bell_.socket(), &feed_.socket()}, options_.recheck);
  }
  // What is committed by now is projected, so that a stopped catalogue is whole; a long backlog is left for the next
  // start.
  const auto drained_by = Clock::now() + options_.drain_on_stop;
  while (Clock::now() < drained_by && step()) {
  }
  try {
    let_go();
  } catch (const store::StorageFull&) {
    // Everything is committed; it stays in the WAL until the next start.
  }
}

// Whether there may be more to do at once.
bool ProjectorLoop::step() {
  try {
    follow_link();
    bool applied = apply_batch();
    publish();
    if (applied) projected_bell_.ring();
    return applied;
  } catch (const store::StorageFull&) {
    // Rolled back, so nothing of it counts; the timer tries again until there is room.
    return false;
  }
}

void ProjectorLoop::follow_link() {
  if (model_ && generations_.is_current(model_->file())) return;
  let_go();
  model_ = std::make_unique<ReadModel>(find_current(), log_.id(), log_.head(), Writing::live);
  if (!started_) feed_.pass_to(model_->position(), model_->stream_positions());
  started_ = true;
}

fs::path ProjectorLoop::find_current() const {
  // Whoever switches generations is retiring and removing old ones right now: only a start looks after those.
  if (auto current = generations_.current_path(); started_ && current && generations_.is_current(*current))
    return *current;
  return generations_.prepare_live(log_.id());
}

void ProjectorLoop::let_go() {
  if (!model_) return;
  // A generation older than those that are kept may be gone by now: there is nothing to leave in order.
  if (fs::exists(model_->file())) model_->close();
  model_.reset();
}

bool ProjectorLoop::apply_batch() {
  Position from = model_->position() + 1;
  if (from > log_.head()) return false;
  model_->begin();
  Position applied = 0;
  bool ended = true;
  for_each_record(log_, from, UINT64_MAX, [&](events::schema::Record::Reader record) {
    model_->apply(record);
    ended = record.getIndex() + 1 == record.getCount();
    return !(++applied >= options_.events_per_batch && ended);
  });
  if (!ended) {
    model_->rollback();
    throw Failure(Exit::damaged, fmt::format("the log ends at position {} inside a command", from + applied - 1));
  }
  model_->commit();
  return true;
}

void ProjectorLoop::publish() {
  // A generation that took over may stand before what was published: then there is nothing to say yet.
  if (model_->position() <= feed_.position()) return;
  feed_.take_subscriptions();
  if (!feed_.has_listeners()) return feed_.pass_to(model_->position(), model_->stream_positions());
  for_each_record(log_, feed_.position() + 1, model_->position(), [&](events::schema::Record::Reader record) {
    feed_.publish(record);
    return true;
  });
}

void ProjectorLoop::keep_time() {
  auto now = Clock::now();
  if (now >= next_clearing_) {
    log_.clear_stale_readers();
    next_clearing_ = now + options_.clear_readers_every;
  }
  if (started_ && now >= next_head_) {
    feed_.publish_head();
    next_head_ = now + options_.head_every;
  }
}

}  // namespace catlog::projector
