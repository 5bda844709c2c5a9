#include "commandhandler/handler.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <chrono>
#include <expected>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "commandhandler/senders.h"
#include "events/bus/sockets.h"
#include "events/error.h"
#include "events/text/datetime.h"
#include "store/files/disk_space.h"
#include "store/files/own_file.h"

namespace catlog::commandhandler {
namespace {

constexpr int64_t check_interval_us = 950'000;               // over whenever the longest wait is
constexpr std::chrono::milliseconds longest_wait{1'000};     // commands and the state's bell end it
constexpr std::chrono::milliseconds longest_goodbye{2'000};  // for a client that reads no more
// A commit of a cluster takes milliseconds, whatever is in it. Who has sent so many commands has most likely sent more,
// which are on their way through ZeroMQ's queues: they are waited for this long, and no longer than that for all.
constexpr size_t commands_before_more = 32;
constexpr std::chrono::milliseconds wait_for_more{1};
constexpr int64_t wait_for_all_us = 5'000;
// A disk that answers after this is one that hangs.
constexpr std::chrono::minutes longest_commit{10};

// Whether an answer holds although its batch was not committed: it was read wrong, or repeats what is in the log, which
// ends at `head`.
bool stands_alone(const Receipt& receipt, Position head) {
  if (receipt.verdict == Receipt::Verdict::accepted) return receipt.effect.last <= head;
  return receipt.verdict == Receipt::Verdict::refused &&
         (receipt.refusal.code == RefusalCode::MALFORMED || receipt.refusal.code == RefusalCode::TOO_LARGE);
}

Refusal storage_full(const std::string& why = "there is no space left on the disk; make some") {
  return {RefusalCode::STORAGE_FULL, "", why + " and send the command again"};
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
      free_space_(options_.data_directory.root),
      numbers_(lead ? lead->front->numbers : std::make_shared<HandlerNumbers>()),
      counters_(numbers_->handler),
      writer_(log, states, options_.data_directory.keys(),
              {.leadership = leadership_,
               .handover = options_.handover,
               .sharing = lead ? lead->sharing : nullptr,
               .counters = &numbers_->writer,
               .on_local_commit = [front = lead ? lead->front : nullptr] { front->bell.ring(); }}),
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
    const bool must_wait = !begun_ && !writer_.is_under_way();
    if (must_wait && !events::wait_for_any(stop, {&intake_.socket(), &state_bell_}, longest_wait)) bell_.look();
    counters_.heartbeat.beat();
    state_bell_.drain();
    drain();
  }
  // Its receipts wait for its last one, and the next daemon could not give those that no event shows.
  is_ending_ = true;
  while (begun_) drain();
  finish();
  // Nor those that are lost with the socket, before ZeroMQ's thread has written them.
  intake_.socket().set(zmq::sockopt::linger, static_cast<int>(longest_goodbye.count()));
  wait_for_log();
}

// Why no command can be judged now; checked before each batch.
std::optional<Refusal> Handler::closed() {
  // What it would answer from its own log may be outdated.
  if (leadership_ && leadership_->is_lost())
    throw store::engine::LeadLost("the engine has not heard from this node for the time of a lease");
  writer_.check_log();
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
  const bool is_below = is_below_reserve(steady_us);
  if (leadership_ && without_room_.is_too_long(options_.longest_without_room))
    throw store::engine::LeadLost("less than min-free-bytes was free for long, and other machines may have more");
  if (is_below) return storage_full(reserve_words(options_.min_free_bytes) + ",");
  if (writer_.tail_events() > max_tail_events)
    return Refusal{RefusalCode::BUSY, "", "too much is waiting to be stored in the decision state; send it again later",
                   std::chrono::milliseconds(longest_wait).count()};
  return {};
}

void Handler::note_clock() {
  if (!clock_.is_in_doubt()) time_note_.keep(clock_.reading().known_us);
  const ClockFault fault = fault_in(clock_.reading());
  if (std::exchange(clock_fault_, fault) == fault) return;
  counters_.clock_fault.set(fault == ClockFault::none ? 0 : 1);
  options_.on_clock(clock_fault(clock_.reading()));
}

// Asked before each batch: in a second a fast producer fills more than the reserve. What the log has to take yet is no
// free space any more: the records, and the pages that their commit copies.
bool Handler::is_below_reserve(int64_t steady_us) {
  const uint64_t on_disk = free_space_.bytes(options_.min_free_bytes, steady_us);
  const uint64_t free = on_disk - std::min<uint64_t>(on_disk, 2 * writer_.bytes_behind());
  // With that much an append that failed says nothing about the next one.
  if (free >= store::almost_no_room_bytes) append_found_no_space_ = false;
  without_room_.see(free, options_.min_free_bytes, steady_us);
  const bool is_below = free < options_.min_free_bytes;
  note_disk_space(is_below ? DiskSpace::below_reserve : append_found_no_space_ ? DiskSpace::none : DiskSpace::enough);
  return is_below;
}

void Handler::note_disk_space(DiskSpace space) {
  if ((disk_space_ == DiskSpace::enough) == (space == DiskSpace::enough)) return;
  disk_space_ = space;
  counters_.storage_full.set(space == DiskSpace::enough ? 0 : 1);
  options_.on_disk_space(space);
  write_status();
}

// One round: what waits is decided and made durable, and answered.
//
// A batch is synced in one of two ways. When more waits behind it, it is started in another thread and stays "under
// way" while the next round decides the next batch over it; settle() of that round waits for it. Else it is synced at
// once, by finish() below. Receipts are sent only by reply(), and of commands with events only after settle() has seen
// their batch durable. When it could not be made durable for want of space, its receipts become refusals
// (refuse_uncommitted), and so do those of the batch that was decided over it meanwhile, which is dropped. Any other
// failure of a sync is thrown by settle(), and ends the process without an answer: nobody knows what is on the disk.
//
// Of a cluster's leader the engine's answer is what makes a batch durable, and the log has it behind its receipts: so a
// command whose answer must be read there waits for the log first. So does all where the log's disk hangs: whoever
// looks at the heartbeat sees a commit that lasts, as on one machine, also where no command comes. The engine has the
// next full batch before the receipts of this one are made: it would have nothing to do meanwhile.
void Handler::drain() {
  if (std::exchange(wants_log_, false) || writer_.log_is_behind() > options_.longest_behind) wait_for_log();
  const auto closed_by = closed();
  Writer::Batch batch(writer_, moment_);
  auto answers = answer_what_waits(batch, closed_by);
  if (!answers.empty()) counters_.batch_commands.observe(static_cast<double>(answers.size()));
  const bool is_valid = settle();
  if (!is_valid) refuse_uncommitted(answers);
  auto settled = std::exchange(under_way_, {});
  // With nothing behind it there is nothing to do meanwhile, and another thread would only cost time.
  const bool more_waits = answers.size() == max_batch_commands_drained;
  const bool is_sent_first = is_valid && leadership_ && more_waits;
  if (!is_sent_first) answer_settled(settled);
  if (!is_valid) return reply(answers);
  if (batch.events() > 0) clock_.record(moment_);
  batch.start(more_waits ? Writer::Commit::meanwhile : Writer::Commit::in_settle);
  if (is_sent_first) answer_settled(settled);
  if (!writer_.is_under_way()) return reply(answers);
  under_way_ = std::move(answers);
  if (!more_waits) finish();
}

void Handler::finish() {
  settle();
  answer_settled(under_way_);
}

// Waits until what is under way is durable. False when there was no space for it: what was decided since is void.
bool Handler::settle() {
  if (!writer_.is_under_way()) return true;
  const events::Heartbeat::LongStep commit(counters_.heartbeat, longest_commit);
  try {
    writer_.settle();
    append_found_no_space_ = false;
    return true;
  } catch (const events::StorageFull&) {
    append_found_no_space_ = true;
    free_space_.forget();
    note_disk_space(DiskSpace::none);
    refuse_uncommitted(under_way_);
    return false;
  }
}

// After the receipts: whoever hears the bell, and the thread that takes a batch to a leader's log, compete for a core
// with those that wait for them.
void Handler::answer_settled(Answers& answers) {
  if (answers.empty()) return;
  reply(answers);
  if (leadership_)
    writer_.give_to_log();
  else
    bell_.ring();
}

void Handler::wait_for_log() {
  const events::Heartbeat::LongStep commit(counters_.heartbeat, longest_commit);
  writer_.wait_for_log();
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

Handler::Answers Handler::answer_what_waits(Writer::Batch& batch, const std::optional<Refusal>& closed_by) {
  Answers answers = std::exchange(spare_, {});
  size_t bytes = 0, ids = 0;
  const int64_t until_us = events::steady_now_us() + wait_for_all_us;
  while (answers.size() < max_batch_commands_drained && bytes < max_batch_bytes_drained &&
         batch.events() < max_batch_events && batch.rows_seen() + ids < max_batch_rows) {
    if (!begun_ && !is_ending_) begun_ = next_message();
    if (!begun_) {
      if (is_ending_ || !more_comes(answers.size(), until_us)) break;
      continue;
    }
    auto asked = next_of(begun_);
    bytes += asked.body.size();
    if (asked.session) ids += asked.session->behind.size();  // each is looked up as a row is
    auto answer = this->answer(batch, asked, closed_by ? closed_by : begun_->throttled);
    counters_.heartbeat.beat();
    if (!answer) {
      wants_log_ = true;
      break;
    }
    answer->asked = std::move(asked);
    answers.push_back(std::move(*answer));
    begun_->judged_bytes += answers.back().asked.body.size();
    if (++begun_->judged == begun_->commands()) begun_.reset();
  }
  return answers;
}

bool Handler::more_comes(size_t taken, int64_t until_us) {
  if (!leadership_ || taken < commands_before_more || events::steady_now_us() >= until_us) return false;
  return events::wait_readable(intake_.socket(), wait_for_more);
}

std::shared_ptr<Handler::Message> Handler::next_message() {
  auto request = intake_.receive();
  if (!request) return {};
  auto message = std::make_shared<Message>(std::move(*request));
  message->throttled = throttled(message->request);
  return message;
}

// Each command of a pack has the number after the one before it, and the first tells what stands behind the session's.
Handler::Asked Handler::next_of(const std::shared_ptr<Message>& message) {
  const auto& request = message->request;
  if (!message->is_pack()) return {message, request.bytes(), request.session};
  Asked asked{message, request.bytes().substr(message->judged_bytes, request.lengths[message->judged]), {}};
  if (!request.session) return asked;
  if (message->judged == 0) {
    asked.session = request.session;
  } else {
    asked.session = {request.session->id, request.session->number + message->judged, request.session->oldest, 0, {}};
  }
  return asked;
}

std::optional<Handler::Answer> Handler::answer(Writer::Batch& batch, const Asked& asked,
                                               const std::optional<Refusal>& closed_by) {
  // Whoever may send nothing passes no number of a session either.
  if (auto sender = check_sender(asked.of->request.from); !sender)
    return Answer{{}, Receipt::refused("", sender.error()), false, 0, Basis::nothing};
  if (!asked.session) return answer_command(batch, asked, closed_by);
  const auto is_accepted = [&](events::Uuid id) { return batch.accepted_at(id) > asked.session->floor; };
  switch (sessions_.place(*asked.session, is_accepted)) {
    case Sessions::Place::passed:
      return answer_passed(batch, asked);
    case Sessions::Place::ahead:
      if (closed_by) return answer_command(batch, asked, closed_by);
      return Answer{{}, Receipt::refused("", Sessions::out_of_order(*asked.session)), false, 0, Basis::nothing};
    case Sessions::Place::expected:
      break;
  }
  auto answer = answer_command(batch, asked, closed_by);
  if (answer && answer->basis != Basis::nothing) sessions_.judged(*asked.session, asked.body, answer->receipt);
  return answer;
}

std::optional<Refusal> Handler::throttled(const events::Request& request) {
  if (request.from.name.empty()) return {};
  const int64_t wait_ms = throttle_.take(request.from.name, request.body.size(), events::steady_now_us());
  if (wait_ms == 0) return {};
  counters_.throttled.add();
  return Refusal{RefusalCode::BUSY, "",
                 fmt::format("{} has sent more than {} MiB of commands in a second; send it again in {} ms",
                             request.from.name, events::max_bytes_per_second_of_key >> 20, wait_ms),
                 wait_ms};
}

// What its session has gone past is never judged anew, after what stood behind it.
std::optional<Handler::Answer> Handler::answer_passed(const Writer::Batch& batch, const Asked& asked) const {
  const auto& request = asked.of->request;
  std::expected<events::Message, events::Malformed> command = std::unexpected(events::Malformed{});
  if (request.malformed.empty() && asked.body.size() <= events::max_command_bytes)
    command = events::read_command(asked.body, *request.encoding);
  const bool wants_head = command && command->root<schema::Command>().getWantHead() == 1;
  const size_t kind = command ? static_cast<size_t>(command->root<schema::Command>().which()) : 0;
  if (const auto* first = sessions_.first_receipt(*asked.session, asked.body))
    return Answer{{}, *first, wants_head, kind, Basis::repeated};
  if (command) {
    if (auto known = batch.recall(*command))
      return Answer{{}, std::move(*known), wants_head, kind, Basis::log};
    else if (known.error() == Decider::Unknown::pending)
      return {};
  }
  const std::string id = command ? command->root<schema::Command>().getId().cStr() : command.error().id;
  return Answer{{}, Receipt::refused(id, Sessions::too_late(*asked.session)), false, kind, Basis::nothing};
}

std::optional<Handler::Answer> Handler::answer_command(Writer::Batch& batch, const Asked& asked,
                                                       const std::optional<Refusal>& closed_by) {
  const auto& request = asked.of->request;
  if (!request.malformed.empty())
    return Answer{{}, Receipt::refused("", {RefusalCode::MALFORMED, "", request.malformed})};
  if (asked.body.size() > events::max_command_bytes)
    return Answer{{},
                  Receipt::refused("", {RefusalCode::TOO_LARGE, "",
                                        fmt::format("a command has at most {} bytes; send it in parts",
                                                    events::max_command_bytes)})};
  auto command = events::read_command(asked.body, *request.encoding);
  if (!command)
    return Answer{
        {},
        Receipt::refused(command.error().id, {RefusalCode::MALFORMED, command.error().field, command.error().message})};
  auto root = command->root<schema::Command>();
  const bool wants_head = root.getWantHead() == 1;
  const auto kind = static_cast<size_t>(root.which());
  if (closed_by) {
    // Nothing is written for what is in the log already.
    if (auto known = batch.recall(*command))
      return Answer{{}, std::move(*known), wants_head, kind, Basis::log};
    else if (known.error() == Decider::Unknown::pending)
      return {};
    return Answer{{}, Receipt::refused(root.getId().cStr(), *closed_by), false, kind, Basis::nothing};
  }
  if (auto sender = check_sender(request.from, root); !sender)
    return Answer{{}, Receipt::refused(root.getId().cStr(), sender.error()), false, kind};
  auto receipt = batch.decide(*command, request.from.name);
  if (!receipt) return {};
  return Answer{{}, std::move(*receipt), wants_head, kind};
}

// For `catlog status`: what no file shows. A file, because a handler that refuses everything must still be readable;
// always of the same length and written over itself, because on a full disk there is no space for another.
void Handler::write_status() {
  constexpr size_t length = 1'024;
  std::string text =
      fmt::format(R"({{"clockRefused":{},"storageFull":{}}})", clock_.reading().is_believed ? "false" : "true",
                  disk_space_ == DiskSpace::enough ? "false" : "true");
  text.resize(length, ' ');
  text.back() = '\n';
  if (text == status_) return;
  const auto path = options_.data_directory.handler_status();
  const auto file = store::OwnFile::open(path, store::Opening::update, store::shared_file);
  if (file && ::pwrite(file->fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(length)) status_ = text;
}

}  // namespace catlog::commandhandler
