#include "commandhandler/handler.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "events/bus/sockets.h"
#include "events/error.h"
#include "events/text/datetime.h"
#include "store/files/disk_space.h"
#include "store/files/own_file.h"

namespace catlog::commandhandler {
namespace {

constexpr int64_t check_interval_us = 950'000;            // over whenever the longest wait is
constexpr std::chrono::milliseconds longest_wait{1'000};  // commands and the state's bell end it
// A commit of a cluster takes milliseconds, whatever is in it. Who has sent so many commands has most likely sent more,
// which are on their way through ZeroMQ's queues: they are waited for this long, and no longer than that for all.
constexpr size_t commands_before_more = 32;
constexpr std::chrono::milliseconds wait_for_more{1};
constexpr int64_t wait_for_all_us = 5'000;
// Waking another thread for a commit takes as long as judging so many commands, and pays where the disk takes longer.
constexpr size_t commands_worth_a_thread = 4;
constexpr std::chrono::microseconds commit_worth_a_thread{150};
// On one machine: when nothing is being made durable, so many are enough for such a commit to begin; who comes
// meanwhile is judged meanwhile. With all of those who wait in one batch, nobody would be there to come (decision 110).
constexpr size_t commands_to_begin_with = 16;
// A disk that answers after this is one that hangs.
constexpr std::chrono::minutes longest_commit{10};

// Whether an answer holds although its batch was not committed: it was read wrong, or repeats what is in the log, which
// ends at `head`.
bool stands_alone(const Receipt& receipt, Position head) {
  if (receipt.verdict == Receipt::Verdict::accepted) return receipt.effect.last <= head;
  return receipt.verdict == Receipt::Verdict::refused &&
         (receipt.refusal.code == RefusalCode::MALFORMED || receipt.refusal.code == RefusalCode::TOO_LARGE);
}

Refusal storage_full() {
  return {RefusalCode::STORAGE_FULL, "", "there is no space left on the disk; make some and send the command again"};
}

}  // namespace

Front::Front(zmq::context_t& context, const HandlerOptions& options, std::shared_ptr<HandlerNumbers> counted)
    : intake(context, events::endpoint_in(options.data_directory, "commands.ipc"),
             {events::commands_unanswered, events::commands_queued_per_peer, events::SessionFrames::taken},
             options.intake, events::Doing::send),
      bell(context, events::endpoint_in(options.data_directory, "bell-log.ipc")),
      numbers(std::move(counted)) {}

Handler::Handler(store::Log& log, store::StateStore& states, zmq::context_t& context, HandlerOptions options,
                 std::optional<Lead> lead)
    : log_(log),
      states_(states),
      leadership_(lead ? &lead->leadership : nullptr),
      options_(std::move(options)),
      lock_(options_.data_directory.lock("handler"), "the handler"),
      numbers_(lead ? lead->front->numbers : std::make_shared<HandlerNumbers>()),
      counters_(numbers_->handler),
      writer_(log, states, options_.data_directory.keys(),
              {.leadership = leadership_,
               .handover = options_.handover,
               .sharing = lead ? lead->sharing : nullptr,
               .counters = &numbers_->writer}),
      time_note_(options_.data_directory),
      clock_(writer_.last_recorded_us(), time_note_.read(), events::now_us(), events::steady_now_us(), options_.clock),
      front_(lead ? std::move(lead->front) : std::make_shared<Front>(context, options_, numbers_)),
      intake_(front_->intake),
      bell_(front_->bell),
      state_bell_(context, events::endpoint_in(options_.data_directory, "bell-state.ipc")) {
  log_.clear_stale_readers();
  states_.clear_stale_readers();
}

Handler::~Handler() = default;

void Handler::run(events::Stop& stop) {
  note_clock();
  write_status();
  while (!stop.is_set()) {
    if (!begun_) wait_for_something(stop);
    counters_.heartbeat.beat();
    state_bell_.drain();
    drain(stop);
  }
  // Its receipts wait for its last one, and the next daemon could not give those that no event shows.
  is_ending_ = true;
  while (begun_) drain(stop);
  finish();
}

void Handler::wait_for_something(const events::Stop& stop) {
  if (writer_.is_under_way())
    events::wait_for_any(stop, {&intake_.socket(), writer_.settled_fd()}, longest_wait);
  else if (!events::wait_for_any(stop, {&intake_.socket(), &state_bell_}, longest_wait))
    bell_.look();
}

// Why no command can be judged now; checked before each batch.
std::optional<Refusal> Handler::closed() {
  // What it would answer from its own log may be outdated.
  if (leadership_ && leadership_->is_lost())
    throw store::engine::LeadLost("the engine has not heard from this node for the time of a lease");
  int64_t steady_us = events::steady_now_us();
  moment_ = clock_.now(events::now_us(), steady_us);
  if (steady_us >= next_check_us_) {
    next_check_us_ = steady_us + check_interval_us;
    log_.clear_stale_readers();
    states_.clear_stale_readers();
    log_.check_in_place();
    if (!states_.is_in_place())
      throw events::Failure(events::Exit::failure,
                            "the decision state was cut, removed or made anew while the handler used it: start again");
    note_clock();
    write_status();
    counters_.tail_events.set(writer_.tail_events());
  }
  if (is_below_reserve()) return storage_full();
  if (writer_.tail_events() > max_tail_events)
    return Refusal{RefusalCode::BUSY, "", "too much is waiting to be stored in the decision state; send it again later",
                   std::chrono::milliseconds(longest_wait).count()};
  return {};
}

void Handler::note_clock() {
  if (!clock_.is_in_doubt()) time_note_.keep(clock_.reading().known_us);
  const std::string fault = clock_fault(clock_.reading());
  if (is_clock_at_fault_ == !fault.empty()) return;
  is_clock_at_fault_ = !fault.empty();
  counters_.clock_fault.set(is_clock_at_fault_ ? 1 : 0);
  options_.on_clock(fault);
}

// Asked before each batch: in a second a fast producer fills more than the reserve.
bool Handler::is_below_reserve() {
  const uint64_t free = store::free_bytes(options_.data_directory.root);
  // With that much an append that failed says nothing about the next one.
  if (free >= store::almost_no_room_bytes) append_found_no_space_ = false;
  const bool is_below = free < options_.min_free_bytes;
  note_disk_space(is_below || append_found_no_space_ ? DiskSpace::none : DiskSpace::enough);
  return is_below;
}

void Handler::note_disk_space(DiskSpace space) {
  if (disk_space_ == space) return;
  disk_space_ = space;
  counters_.storage_full.set(space == DiskSpace::none ? 1 : 0);
  options_.on_disk_space(space);
  write_status();
}

bool Handler::is_disk_slow() const { return writer_.usual_commit() >= commit_worth_a_thread; }

// One round: what waits is decided and made durable, and answered.
//
// A batch is synced in one of two ways. One of a few commands at once, by finish() below. A larger one is started in
// another thread and stays "under way" while the next round decides over it what has come or comes until then; that
// round waits for it, and begins its own commit before it sends the receipts, so that the disk has no pause. Receipts
// are sent only by reply(), and of commands with events only after settle() has seen their batch durable. When it could
// not be made durable for want of space, its receipts become refusals (refuse_uncommitted), and so do those of the
// batch that was decided over it meanwhile, which is dropped. Any other failure of a sync is thrown by settle(), and
// ends the process without an answer: nobody knows what is on the disk.
void Handler::drain(const events::Stop& stop) {
  const auto closed_by = closed();
  Writer::Batch batch(writer_, moment_);
  auto answers = answer_what_waits(batch, closed_by, stop);
  if (!answers.empty()) counters_.batch_commands.observe(static_cast<double>(answers.size()));
  auto before = std::exchange(under_way_, {});
  const bool is_behind = writer_.is_under_way();
  const bool is_valid = settle(before);
  if (!is_valid) refuse_uncommitted(answers);
  const bool is_beside = answers.size() >= commands_worth_a_thread && is_disk_slow();
  if (is_valid && batch.events() > 0) clock_.record(moment_);
  if (is_valid) batch.start(is_beside ? Writer::Commit::meanwhile : Writer::Commit::in_settle);
  if (is_behind) reply(before);
  // After the receipts: whoever hears it competes for a core with those that wait for them.
  if (is_behind && is_valid) bell_.ring();
  if (!writer_.is_under_way()) return reply(answers);
  under_way_ = std::move(answers);
  if (!is_beside) finish();
}

// Waits until what is under way is durable. False when there was no space for it: then these are its refusals, and what
// was decided since is void.
bool Handler::settle(Answers& answers) {
  if (!writer_.is_under_way()) return true;
  const events::Heartbeat::LongStep commit(counters_.heartbeat, longest_commit);
  try {
    writer_.settle();
    append_found_no_space_ = false;
    return true;
  } catch (const events::StorageFull&) {
    append_found_no_space_ = true;
    note_disk_space(DiskSpace::none);
    refuse_uncommitted(answers);
    return false;
  }
}

void Handler::finish() {
  if (!writer_.is_under_way()) return;
  auto answers = std::exchange(under_way_, {});
  const bool is_durable = settle(answers);
  reply(answers);
  if (is_durable) bell_.ring();
}

// Nothing of their batch is in the log: what was accepted, and what was judged upon it, did not happen.
void Handler::refuse_uncommitted(Answers& answers) {
  const Position head = log_.head();
  for (auto& [asked, receipt, wants_head, kind, basis] : answers) {
    if (basis == Basis::log || basis == Basis::nothing || stands_alone(receipt, head)) continue;
    if (basis == Basis::repeated && sessions_.first_receipt(*asked.session, asked.body)) continue;
    receipt = Receipt::refused(receipt.id, storage_full());
    if (asked.session) sessions_.undo(*asked.session);
  }
}

Handler::Answers Handler::answer_what_waits(Writer::Batch& batch, const std::optional<Refusal>& closed_by,
                                             const events::Stop& stop) {
  Answers answers = std::exchange(spare_, {});
  size_t bytes = 0, ids = 0;
  const int64_t until_us = events::steady_now_us() + wait_for_all_us;
  const bool begins = !writer_.is_under_way() && !leadership_ && is_disk_slow();
  while (answers.size() < max_batch_commands_drained && bytes < max_batch_bytes_drained &&
         batch.events() < max_batch_events && batch.rows_seen() + ids < max_batch_rows) {
    if (begins && !begun_ && answers.size() >= commands_to_begin_with) break;
    if (!begun_ && !is_ending_) begun_ = next_message();
    if (!begun_) {
      if (is_ending_ || !more_comes(answers.size(), until_us, stop)) break;
      continue;
    }
    auto asked = next_of(begun_);
    bytes += asked.body.size();
    if (asked.session) ids += asked.session->behind.size();  // each is looked up as a row is
    auto answer = this->answer(batch, asked, closed_by ? closed_by : begun_->throttled);
    counters_.heartbeat.beat();
    if (!answer) break;
    answer->asked = std::move(asked);
    answers.push_back(std::move(*answer));
    begun_->judged_bytes += answers.back().asked.body.size();
    if (++begun_->judged == begun_->commands()) begun_.reset();
  }
  return answers;
}

// Whether to look again for more. While the disk has the batch before, nothing is lost by it.
bool Handler::more_comes(size_t taken, int64_t until_us, const events::Stop& stop) {
  if (stop.is_set() || events::steady_now_us() >= until_us) return false;
  if (!writer_.is_under_way()) {
    if (!leadership_ || taken < commands_before_more) return false;
    return events::wait_readable(intake_.socket(), wait_for_more);
  }
  if (writer_.is_settled()) return false;
  events::wait_for_any(stop, {&intake_.socket(), writer_.settled_fd()}, wait_for_more);
  return true;
}

// For `catlog status`: what no file shows. A file, because a handler that refuses everything must still be readable;
// always of the same length and written over itself, because on a full disk there is no space for another.
void Handler::write_status() {
  constexpr size_t length = 1'024;
  std::string text =
      fmt::format(R"({{"clockRefused":{},"storageFull":{}}})", clock_.reading().is_believed ? "false" : "true",
                  disk_space_ == DiskSpace::none ? "true" : "false");
  text.resize(length, ' ');
  text.back() = '\n';
  if (text == status_) return;
  const auto path = options_.data_directory.handler_status();
  const auto file = store::OwnFile::open(path, store::Opening::update, store::shared_file);
  if (file && ::pwrite(file->fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(length)) status_ = text;
}

}  // namespace catlog::commandhandler
