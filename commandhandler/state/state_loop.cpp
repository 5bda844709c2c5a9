#include "commandhandler/state/state_loop.h"

#include "events/schema/record.h"

#include <chrono>
#include <memory>
#include <thread>

#include "commandhandler/state/apply.h"
#include "events/error.h"
#include "events/patience.h"
#include "events/text/datetime.h"
#include "store/records.h"

namespace catlog::commandhandler {
namespace {

constexpr uint64_t batch_events = 4'096;
constexpr int look_again_ms = 5;  // while events come
// A commit's thread waits twice for the disk; when it wakes, it should not have to wait for the end of a slice of ours
// (decision 32).
constexpr uint64_t events_between_yields = 32;
constexpr std::chrono::minutes longest_flush{10};  // of a disk that does not hang

}  // namespace

StateLoop::StateLoop(store::Log& log, store::StateStore& states, zmq::context_t& context,
                     const events::DataDirectory& data, uint64_t most_handed)
    : log_(log),
      states_(states),
      most_handed_(most_handed),
      lock_(data.lock("state"), "the state loop"),
      bell_(context, events::endpoint_in(data, "bell-state.ipc")),
      stored_(states.snapshot().position()),
      folded_(stored_) {
  if (stored_ > log_.head())
    throw events::Failure(events::Exit::damaged,
                          "the decision state is ahead of the log; the log was replaced: delete the folder state/");
  counters_.position.set(stored_);
}

// It hears no doorbell, for nobody waits for it.
void StateLoop::run(events::Stop& stop) {
  events::Recheck recheck{std::chrono::milliseconds(events::recheck_ms)};
  while (!stop.is_set()) {
    counters_.heartbeat.beat();
    // A flush that is owed and finds no space must not be outgrown.
    const bool is_handed = handover_.is_open();
    const bool has_advanced = is_handed ? store_handed_over() : folded_ - stored_ < max_unflushed_events && advance();
    int64_t now_us = events::steady_now_us();
    if (folded_ > stored_ && flush_at_us_ == 0) flush_at_us_ = now_us + flush_interval_us;
    if (folded_ - stored_ >= max_unflushed_events || (flush_at_us_ != 0 && now_us >= flush_at_us_)) flush();
    if (has_advanced) recheck.found();
    if (!is_handed && has_advanced && log_.head() - folded_ >= batch_events) continue;
    zmq::pollitem_t items[] = {{nullptr, stop.fd(), ZMQ_POLLIN, 0}, {nullptr, handover_.fd(), ZMQ_POLLIN, 0}};
    zmq::poll(items, 2, has_advanced ? std::chrono::milliseconds(look_again_ms) : recheck.next());
    bell_.look();
  }
  // What the handler has not handed over yet.
  while (folded_ - stored_ < max_unflushed_events && advance()) {
  }
  flush();
}

bool StateLoop::store_handed_over() {
  const auto folded = handover_.take();
  if (!folded) return false;
  auto how = Handover::Stored::no;
  const auto give_back = [this, &how](void*) { handover_.give_back(how); };
  const std::unique_ptr<void, decltype(give_back)> at_end(this, give_back);  // whatever a flush throws
  CATLOG_CHECK(folded->after <= stored_);
  const bool is_small = folded->end <= stored_ + most_handed_;
  if (is_small ? folded->end <= stored_ || write(*folded->changes, folded->end) : store_in_parts(folded->end))
    how = Handover::Stored::yes;
  return how == Handover::Stored::yes;
}

// What grew while there was no space would find none in one transaction where parts of it do.
bool StateLoop::store_in_parts(Position end) {
  while (stored_ < end) {
    if (folded_ < end && folded_ - stored_ < max_unflushed_events && advance()) continue;
    const Position before = stored_;
    flush();
    if (stored_ == before) return false;
  }
  return true;
}

void StateLoop::catch_up() {
  while (log_.head() - stored_ > max_behind_at_start_events && folded_ - stored_ < max_unflushed_events && advance())
    if (folded_ - stored_ >= max_unflushed_events) flush();
}

bool StateLoop::advance() {
  if (log_.head() == folded_) return false;
  auto base = states_.snapshot();
  State state({&changes_}, &base);
  auto snapshot = log_.snapshot();
  Position last = std::min(snapshot.head(), folded_ + batch_events);
  store::visit_records(snapshot, folded_ + 1, [&](const events::RecordReader& record) {
    apply(state, record);
    if (++folded_ % events_between_yields == 0) {
      counters_.heartbeat.beat();
      std::this_thread::yield();
    }
    return folded_ < last;
  });
  return true;
}

void StateLoop::flush() {
  flush_at_us_ = 0;
  if (folded_ > stored_) write(changes_, folded_);
}

bool StateLoop::write(const Layer& changes, Position end) {
  const events::Heartbeat::LongStep step(counters_.heartbeat, longest_flush);
  const auto begun = std::chrono::steady_clock::now();
  try {
    states_.flush(changes.changes(), end);
  } catch (const events::StorageFull&) {
    counters_.flushes_without_space.add();
    return false;  // the handler refuses commands by now; the next flush takes it all
  }
  stored_ = end;
  // What was folded here is in it, or was before.
  if (folded_ <= end) {
    changes_.clear();
    folded_ = end;
    flush_at_us_ = 0;
  }
  counters_.flush_seconds.observe(events::seconds_since(begun));
  counters_.position.set(stored_);
  bell_.ring();
  return true;
}

}  // namespace catlog::commandhandler
