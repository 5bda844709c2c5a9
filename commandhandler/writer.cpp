#include "commandhandler/writer.h"

#include "events/schema/record.h"

#include <chrono>

#include "commandhandler/state/apply.h"
#include "store/records.h"

namespace catlog::commandhandler {
namespace {

constexpr size_t read_batch_events = 10'000;

// Folds events from `from` on, at most one batch; the position of the last.
Position fold(State& state, const store::Log& log, Position from) {
  auto snapshot = log.snapshot();
  Position end = from - 1;
  store::visit_records(snapshot, from, [&](const events::RecordReader& record) {
    apply(state, record);
    return ++end - from + 1 < read_batch_events;
  });
  return end;
}

// Of a cluster: a key would be on this machine only, and whoever leads next would make another one.
class KeysNotShared final : public Sealing {
 public:
  std::string seal(int64_t, std::string_view) override {
    throw KeyDamaged(
        "the nodes of this cluster share no keys, so none is made on one of them: start them with --cluster-peers");
  }
};

}  // namespace

Writer::Writer(store::Log& log, store::StateStore& states, const std::filesystem::path& keys_directory,
               const WriterNeighbours& neighbours)
    : log_(log),
      states_(states),
      leadership_(neighbours.leadership),
      handover_(neighbours.handover),
      may_seal_(!neighbours.leadership || neighbours.sharing),
      counters_(neighbours.counters ? *neighbours.counters : own_counters_),
      keys_(keys_directory, neighbours.sharing),
      tail_(0) {
  // Held to the end, for a later one may be beyond what is folded by then.
  auto snapshot = states_.snapshot();
  tail_ = Tail(snapshot.position(), handover_);
  State state(tail_.layers(), &snapshot);
  Position head = log_.head();
  if (snapshot.position() > head)
    throw events::Failure(events::Exit::damaged,
                          "the decision state is ahead of the log; the log was replaced: delete the folder state/");
  if (head - snapshot.position() > max_tail_events)
    throw events::Failure(
        events::Exit::failure,
        "the decision state is too far behind the log: if the disk is full, make space; otherwise run "
        "catlogd --only state until it has caught up");
  for (Position at = snapshot.position(); at < head;) {
    at = fold(state, log_, at + 1);
    tail_.reach(at);
  }
  counters_.position.set(head);
  if (leadership_) {
    durable_ = leadership_->head();
    counters_.acknowledged.set(head);
    local_.emplace(log_, [this, told = neighbours.on_local_commit](const store::engine::LocalCommits::Commit& commit) {
      count(commit.durable, commit.events, commit.seconds);
      told();
    });
  }
  if (handover_) handover_->open();
}

Writer::~Writer() {
  give_to_log();
  if (handover_) handover_->close();
}

store::StateSnapshot Writer::advanced() {
  auto snapshot = states_.snapshot();
  tail_.stored(snapshot.position());
  if (local_)
    tail_.durable(local_->durable());
  else if (!under_way_)
    tail_.durable(tail_.end());
  return snapshot;
}

Sealing& Writer::sealing() {
  static KeysNotShared not_shared;
  if (!may_seal_) return not_shared;
  return keys_;
}

int64_t Writer::last_recorded_us() const {
  auto snapshot = log_.snapshot();
  if (snapshot.head() == 0) return 0;
  return events::RecordView(snapshot.read(snapshot.head())).root().getRecordedAt();
}

Writer::Batch::Batch(Writer& writer, Moment moment)
    : writer_(writer),
      state_(writer.advanced()),
      log_(writer.log_.snapshot()),
      decider_(State(writer.tail_.layers(), &state_, &writer.journal_, &writer.hints_), writer.journal_, log_,
               writer.tail_.end(), writer.sealing(), writer.unchanged_, moment) {
  writer.unchanged_.make_room();
}

Writer::Batch::~Batch() { writer_.journal_.undo(writer_.under_way_ ? writer_.under_way_->changes : 0); }

Position Writer::Batch::commit() {
  writer_.settle();
  start(Commit::in_settle);
  writer_.settle();
  writer_.give_to_log();
  return writer_.tail_.end();
}

void Writer::Batch::start(Commit how) {
  CATLOG_CHECK(!writer_.under_way_);
  Drafts& drafts = decider_.drafts();
  if (drafts.size() == 0) return writer_.journal_.forget(writer_.journal_.size());  // what was unchanged is remembered
  CATLOG_CHECK(drafts.head() == writer_.tail_.end());  // else it was decided over what did not happen
  writer_.tail_.reach(drafts.next() - 1);
  auto& started = writer_.under_way_.emplace(std::move(drafts), writer_.journal_.size());
  if (how == Commit::meanwhile) started.appended = writer_.append_meanwhile(started);
}

std::future<void> Writer::append_meanwhile(UnderWay& batch) {
  try {
    keys_.sync();
  } catch (...) {
    std::promise<void> failed;
    failed.set_exception(std::current_exception());
    return failed.get_future();
  }
  // Where no thread can be had, settle() does it.
  return std::async(std::launch::async | std::launch::deferred, [this, &batch] { append(batch); });
}

// Where there is an engine its answer makes the batch durable, and the log takes it behind the receipts: so the log is
// never ahead, and what has a receipt is on a majority's disks.
void Writer::append(UnderWay& batch) {
  if (local_) {
    local_->wait_for_room();
    CATLOG_CHECK(leadership_->head().size ==
                 batch.drafts.head());  // positions are given by it, and the root is made so
    batch.in_engine = leadership_->append(batch.drafts.bytes());
    return;
  }
  const auto begun = std::chrono::steady_clock::now();
  log_.append(batch.drafts.head(), batch.drafts.bytes());
  batch.seconds = events::seconds_since(begun);
}

void Writer::count(Position durable, size_t events, double seconds) {
  counters_.position.set(durable);
  counters_.events.add(events);
  counters_.commit_events.observe(static_cast<double>(events));
  counters_.commit_seconds.observe(seconds);
}

void Writer::settle() {
  if (!under_way_) return;
  give_to_log();  // the one before, where nobody did
  try {
    if (under_way_->appended.valid()) {
      under_way_->appended.get();
    } else {
      keys_.sync();
      append(*under_way_);
    }
  } catch (...) {
    journal_.undo(0);
    tail_.fall_back(under_way_->drafts.head());
    under_way_.reset();
    throw;
  }
  journal_.forget(under_way_->changes);
  if (local_) {
    counters_.acknowledged.set(under_way_->drafts.next() - 1);
    durable_ = under_way_->in_engine.after;
    for_log_ = std::move(under_way_->in_engine);
  } else {
    count(under_way_->drafts.next() - 1, under_way_->drafts.size(), under_way_->seconds);
    tail_.durable(under_way_->drafts.next() - 1);
  }
  under_way_.reset();
}

void Writer::give_to_log() {
  if (for_log_) local_->hand_over(std::move(*std::exchange(for_log_, {})));
}

void Writer::wait_for_log() {
  give_to_log();
  if (local_) local_->wait_for_all();
}

void Writer::check_log() const {
  if (local_) local_->check();
}

std::chrono::steady_clock::duration Writer::log_is_behind() const {
  return local_ ? local_->behind() : std::chrono::steady_clock::duration::zero();
}

size_t Writer::bytes_behind() const { return local_ ? local_->waiting_bytes() : 0; }

store::TreeHead Writer::tree_head() const { return leadership_ ? durable_ : log_.snapshot().tree_head(); }

}  // namespace catlog::commandhandler
