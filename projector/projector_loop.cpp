#include "projector/projector_loop.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "events/bus/bell.h"
#include "events/bus/bus.h"
#include "events/bus/sockets.h"
#include "events/error.h"
#include "events/patience.h"
#include "events/text/datetime.h"
#include "events/text/printable.h"
#include "projector/feed/feed.h"
#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "projector/quarantine/quarantine_watch.h"
#include "projector/sqlite/schema_check.h"
#include "projector/wal_room.h"
#include "store/files/file_lock.h"
#include "store/files/watched_file.h"
#include "store/records.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;
using LongStep = events::Heartbeat::LongStep;

namespace {
constexpr std::chrono::milliseconds shortest_rest{20};  // while subscribers are to be taken out of ZeroMQ's tables
// What is longer than any disk needs that does not hang.
constexpr std::chrono::minutes longest_commit{10};  // with the WAL, as large as it may become, written back
constexpr std::chrono::hours longest_opening{4};    // with a change of schema, or a copy of the whole file

}  // namespace

class ProjectorLoop::Work {
 public:
  Work(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context, ProjectorOptions options);
  void prepare();
  void run(events::Stop& stop);
  const ProjectorCounters& counters() const { return counters_; }
  const Feed& feed() const { return feed_; }

 private:
  using Clock = std::chrono::steady_clock;
  bool step();
  void take_list();
  // Whether the read model that is open is not the live one any more.
  bool is_taken_away() const;
  void follow_link();
  std::filesystem::path find_current() const;
  void let_go();
  void make_room();
  void tend_wal();
  std::string held_by_another(const Busy& busy) const;
  void tell_waiting(const std::string& words);
  void apply_batch();
  void apply_to(Position up_to, Position& last_whole);
  // working: batch after batch. waiting: for space on the disk, or for whoever holds the file; on_waiting was told.
  // It stands still, and on_waiting is not told, at_event: at one that cannot be applied, until list or generation are
  // others; without_list: until the list can be used; at_other_schema: until another generation is live.
  enum class State { working, waiting, at_event, without_list, at_other_schema };
  bool stands_still() const { return state_ > State::waiting; }
  void stand_still(State state, Standstill standstill);
  void note_passed();
  void publish();
  void keep_time();
  void count();

  const store::Log& log_;
  std::filesystem::path run_directory_;
  ProjectorOptions options_;
  Position events_per_batch_ = options_.events_per_batch;  // fewer after the disk was full
  store::FileLock lock_;
  ProjectorCounters counters_;
  Generations generations_;
  events::BellListener log_bell_;
  events::Bell projected_bell_;
  Feed feed_;
  Names names_;
  std::unique_ptr<ReadModel> model_;                // null until the first one could be opened, and between two
  std::optional<store::WatchedFile> model_file_;    // another file under its name is another read model
  WalRoom wal_room_;                                // goes before the model
  std::optional<Clock::time_point> refused_since_;  // every step, by SQLite
  bool was_full_ = false, is_batch_begun_ = false;  // the disk, when a batch was to be written; in this step
  QuarantineWatch watch_;
  Quarantine quarantine_;
  State state_ = State::working;
  std::optional<Standstill> noted_;  // what run/projector-status.json says
  Clock::time_point next_head_, next_clearing_, next_look_, idle_since_ = Clock::now();
};

void begin_process() { count_no_memory(); }

ProjectorLoop::ProjectorLoop(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context,
                             ProjectorOptions options)
    : work_(std::make_unique<Work>(log, data, context, std::move(options))) {}
ProjectorLoop::~ProjectorLoop() = default;
void ProjectorLoop::prepare() { work_->prepare(); }
void ProjectorLoop::run(events::Stop& stop) { work_->run(stop); }
const ProjectorCounters& ProjectorLoop::counters() const { return work_->counters(); }
const FeedCounters& ProjectorLoop::feed_counters() const { return work_->feed().counters(); }
size_t ProjectorLoop::unread_feed_bytes() const { return work_->feed().unread_bytes(); }

ProjectorLoop::Work::Work(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context,
                          ProjectorOptions options)
    : log_(log),
      run_directory_(data.run()),
      options_(std::move(options)),
      lock_(data.lock("projector"), "the projector"),
      generations_(data.read_model(), options_.wal.on_not_removed),
      log_bell_(context, events::endpoint_in(data, "bell-log.ipc")),
      projected_bell_(context, events::endpoint_in(data, "bell-projected.ipc")),
      feed_(context, events::endpoint_in(data, "changes.ipc"), log.id(), max_unread_feed_bytes, options_.feed),
      names_(log, options_.known),
      wal_room_(generations_, run_directory_, log.id(), options_.wal),
      watch_(data.quarantine(), log.id()),
      quarantine_(log.id()),
      noted_(read_standstill(run_directory_, log.id())) {}

void ProjectorLoop::Work::prepare() {
  // As in run(): the timer tries again.
  try {
    follow_link();
  } catch (const events::StorageFull&) {
  } catch (const Busy& busy) {
    tell_waiting(held_by_another(busy));
  } catch (const ReadOnly& refused) {
    tell_waiting(fmt::format("the read model cannot be written, and is opened again: {}", refused.what()));
  } catch (const SchemaChanged& changed) {
    stand_still(State::at_other_schema, {.code = Exit::damaged, .reason = changed.what()});
  }
  count();
}

void ProjectorLoop::Work::run(events::Stop& stop) {
  events::Recheck recheck(options_.recheck);
  while (!stop.is_set() && !(stands_still() && options_.at_standstill == OnStandstill::end)) {
    counters_.heartbeat.beat();
    log_bell_.drain();
    feed_.take_subscriptions();
    projected_bell_.look();
    const bool more = step();
    keep_time();
    count();
    if (more || state_ == State::waiting) recheck.found();
    if (!more)
      events::wait_for_any(stop, {&log_bell_, &feed_.socket()}, feed_.has_leavers() ? shortest_rest : recheck.next());
  }
  // What is committed by now is projected, so that a stopped catalogue is whole; a long backlog is left for the next
  // start. One that stands still ends by what it stands at, whatever the list says by now.
  const auto drained_by = Clock::now() + options_.drain_on_stop;
  while (!stands_still() && Clock::now() < drained_by && step()) {
  }
  try {
    let_go();
  } catch (const events::StorageFull&) {  // all is committed, and stays in the WAL until the next start
  }
  if (stands_still()) throw Failure(noted_->code, to_text(*noted_));
}

// Whether there may be more to do at once.
bool ProjectorLoop::Work::step() {
  const auto refused_before = std::exchange(refused_since_, std::nullopt);
  is_batch_begun_ = false;
  try {
    take_list();
    follow_link();
    const Position before = model_->position();
    if (!stands_still()) {
      make_room();
      apply_batch();
    }
    publish();
    note_passed();
    const bool advanced = model_->position() != before;
    if (advanced) projected_bell_.ring();
    if (advanced) events_per_batch_ = std::min(options_.events_per_batch, events_per_batch_ * 2);
    if (advanced) idle_since_ = Clock::now();
    tend_wal();
    if (state_ == State::waiting) options_.on_waited();
    if (state_ == State::waiting) state_ = State::working;
    return advanced && !stands_still();
  } catch (const events::StorageFull& full) {
    tell_waiting(fmt::format("there is no space left on the disk: {}", full.what()));
    // Rolled back, and tried again with less: what is in a transaction is in the WAL before it is in the file. One that
    // could not even begin, for somebody reads, is not too large.
    was_full_ = true;
    if (is_batch_begun_) events_per_batch_ = std::max<Position>(1, events_per_batch_ / 2);
    return false;
  } catch (const Busy& busy) {
    tell_waiting(held_by_another(busy));  // rolled back too
    return false;
  } catch (const SchemaChanged& changed) {
    // Until another generation is live; it is told once. Whoever stands still for another reason goes on to this one.
    if (!stands_still()) stand_still(State::at_other_schema, {.code = Exit::damaged, .reason = changed.what()});
    return false;
  } catch (const events::Failure& failure) {
    // Two rebuilds, one behind the other, remove the generation that a batch is written to: it is rolled back with it.
    if (is_taken_away()) {
      tell_waiting(fmt::format("another read model is live now: {}", failure.what()));
      return false;
    }
    // Whoever switches generations changes journal modes too, and SQLite forgets that it was for want of space that it
    // could not make a file. What stays so is a failure.
    refused_since_ = refused_before.value_or(Clock::now());
    if (failure.code() != Exit::failure || Clock::now() - *refused_since_ > options_.longest_refused) throw;
    tell_waiting(fmt::format("the read model cannot be written, and is opened again: {}", failure.what()));
    wal_room_.let_go();
    model_.reset();
    return false;
  }
}

bool ProjectorLoop::Work::is_taken_away() const {
  return model_ && (!generations_.is_current(model_->file()) || model_file_->misplaced());
}

// Without a model that is open, this process has no connection to the file.
std::string ProjectorLoop::Work::held_by_another(const Busy& busy) const {
  std::optional<WalReader> holder;
  if (model_)
    holder = model_->other_writer();
  else if (const auto current = generations_.current_path())
    holder = lock_holder(*current);
  return fmt::format("{} holds the read model: {}", holder ? to_text(*holder) : "another process", busy.what());
}

void ProjectorLoop::Work::tell_waiting(const std::string& words) {
  if (state_ != State::working) return;
  state_ = State::waiting;
  options_.on_waiting(words);
}

void ProjectorLoop::Work::take_list() {
  auto list = watch_.changed();
  if (!list) return;
  if (!list->has_value()) return stand_still(State::without_list, {.code = Exit::damaged, .reason = list->error()});
  if (stands_still()) state_ = State::working;
  quarantine_ = std::move(**list);
  if (model_) model_->set_quarantine(quarantine_);
}

void ProjectorLoop::Work::follow_link() {
  if (model_ && !is_taken_away()) return;
  const LongStep opening(counters_.heartbeat, longest_opening);
  let_go();
  auto model = std::make_unique<ReadModel>(find_current(), log_.id(), log_.head(), Writing::live, quarantine_);
  check_history(read_checkpoint(model->database()), model->file(), log_);
  model->set_write_back(write_back_within(options_.wal.limit_bytes));
  model_ = std::move(model);
  if (const std::string words = model_->wants_rebuild(); !words.empty()) options_.on_notice(words);
  counters_.position.set(model_->position());  // it may stand before what the other one had
  model_file_.emplace(model_->file());
  if (state_ == State::at_event || state_ == State::at_other_schema) state_ = State::working;
  if (!feed_.has_begun()) feed_.pass_to(model_->position(), model_->stream_positions());
}

fs::path ProjectorLoop::Work::find_current() const {
  // Whoever switches generations is retiring and removing old ones right now: only a start looks after those.
  if (auto current = generations_.current_path(); feed_.has_begun() && current && generations_.is_current(*current))
    return *current;
  return generations_.prepare_live(log_.id());
}

void ProjectorLoop::Work::let_go() {
  wal_room_.let_go();
  const auto model = std::move(model_);  // of no use once close() has thrown
  // A generation older than those that are kept may be gone by now: there is nothing to leave in order.
  if (!model || !fs::exists(model->file())) return;
  generations_.is_current(model->file()) ? model->close() : model->leave();
}

void ProjectorLoop::Work::make_room() {
  if (model_->position() >= log_.head()) return;
  const LongStep copying(counters_.heartbeat, longest_opening);
  if (std::exchange(was_full_, false) && !model_->give_back_wal()) wal_room_.look_on_full_disk(*model_);
  if (const auto next = wal_room_.make(*model_)) follow_link();
}

void ProjectorLoop::Work::tend_wal() {
  const LongStep cutting(counters_.heartbeat, longest_commit);
  model_->write_back_rest();  // now that what was committed is published
  const auto now = Clock::now();
  const bool looks = now >= next_look_, is_idle = now >= idle_since_ + options_.wal.cut_when_idle_for;
  if ((!looks && !is_idle) || is_taken_away()) return;
  if (looks) {
    next_look_ = now + options_.wal.look_every;
    wal_room_.look(*model_);
  }
  if (is_idle && !model_->is_writing_back()) {
    model_->give_back_wal();
    idle_since_ = now;
  }
}

void ProjectorLoop::Work::apply_batch() {
  Position last_whole = model_->position();
  try {
    apply_to(UINT64_MAX, last_whole);
  } catch (const Unappliable& unappliable) {
    // All of the batch is rolled back. What is in front of the event's command is applied, so that the read model is as
    // new as it can be and the note says where it stands.
    if (last_whole > model_->position()) apply_to(last_whole, last_whole);
    stand_still(State::at_event, {.position = unappliable.position(), .reason = unappliable.reason()});
  }
}

// One batch of whole commands, at most up to the end of one. `last_whole`: the last command that was applied, also when
// this throws and nothing of it stays.
void ProjectorLoop::Work::apply_to(Position up_to, Position& last_whole) {
  const Position from = model_->position() + 1;
  if (from > log_.head()) return;
  const auto begun = Clock::now();
  {
    const LongStep beginning(counters_.heartbeat, longest_commit);  // it may have to write back the WAL first
    model_->begin();
  }
  is_batch_begun_ = true;
  Position applied = 0;
  bool ended = true;
  store::for_each_record(log_, from, up_to, [&](events::schema::Record::Reader record) {
    model_->apply(record);
    counters_.heartbeat.beat();
    ended = record.getIndex() + 1 == record.getCount();
    if (ended) last_whole = record.getPosition();
    return !(++applied >= events_per_batch_ && ended);
  });
  if (!ended) {
    model_->rollback();
    throw Failure(Exit::damaged, fmt::format("the log ends at position {} inside a command", from + applied - 1));
  }
  const LongStep commit(counters_.heartbeat, longest_commit);
  model_->commit(merkle_head_at(log_, model_->applied()));
  counters_.events.add(applied);
  counters_.batch_events.observe(static_cast<double>(applied));
  counters_.apply_seconds.observe(events::seconds_since(begun));
  counters_.position.set(model_->position());
}

void ProjectorLoop::Work::stand_still(State state, Standstill standstill) {
  state_ = state;
  const bool is_the_same = noted_ && noted_->position == standstill.position;
  standstill.since_us = is_the_same ? noted_->since_us : events::now_us();
  standstill.reason = events::printable(standstill.reason);  // a constraint is told in the schema's own lines
  noted_ = std::move(standstill);
  write_standstill(run_directory_, log_.id(), *noted_);
  options_.on_standstill(*noted_);
}

// The note may be one of an earlier run, and of a log that was longer then.
void ProjectorLoop::Work::note_passed() {
  if (!noted_ || stands_still()) return;
  if (model_->position() < noted_->position && noted_->position <= log_.head()) return;
  clear_standstill(run_directory_);
  options_.on_passed(noted_->position);
  noted_.reset();
}

void ProjectorLoop::Work::publish() {
  // A generation that took over may stand before what was published: then there is nothing to say yet.
  if (model_->position() <= feed_.position()) return;
  feed_.take_subscriptions();
  if (!feed_.has_listeners()) return feed_.pass_to(model_->position(), model_->stream_positions());
  store::for_each_record(log_, feed_.position() + 1, model_->position(), [&](events::schema::Record::Reader record) {
    feed_.publish(record, &names_);
    counters_.heartbeat.beat();
    return true;
  });
}

void ProjectorLoop::Work::count() {
  if (model_) counters_.position.set(model_->position());
  if (model_) counters_.wal_bytes.set(model_->wal_bytes());
  wal_room_.count_into(counters_);
  counters_.stands_still.set(stands_still() ? 1 : 0);
  counters_.waits.set(state_ == State::waiting ? 1 : 0);
}

void ProjectorLoop::Work::keep_time() {
  auto now = Clock::now();
  if (now >= next_clearing_) {
    log_.clear_stale_readers();
    next_clearing_ = now + options_.clear_readers_every;
  }
  if (feed_.has_begun() && now >= next_head_) {
    feed_.publish_head();
    next_head_ = now + options_.head_every;
  }
}

}  // namespace catlog::projector
