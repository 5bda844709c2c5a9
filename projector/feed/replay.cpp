#include "projector/feed/replay.h"

#include "events/schema/record.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/bus/sockets.h"
#include "events/codec/message.h"
#include "events/digest.h"
#include "store/records.h"

namespace catlog::projector {

namespace fs = std::filesystem;
namespace schema = events::schema;
using events::Doing, events::Encoding;

namespace {

constexpr std::chrono::milliseconds longest_rest{1'000}, longest_rest_with_waiters{events::recheck_ms};
constexpr int longest_farewell_ms = 1'000;  // that answers of the last moment may take to leave
constexpr int requests_queued_per_peer = 64;
constexpr int most_taken_between_chunks = 256;
constexpr size_t looks_at_clock_every = 64;
constexpr std::chrono::milliseconds rest_while_asking{5};  // others, up to where the log goes
constexpr Position never = UINT64_MAX;

std::vector<std::string> topics_of(schema::ReplayRequest::Read::Reader wanted) {
  std::vector<std::string> topics;
  for (capnp::Text::Reader topic : wanted.getTopics()) topics.emplace_back(topic.begin(), topic.size());
  return topics;
}

// Of the event at this position; nothing: there is none.
std::optional<events::Uuid> command_at(const store::Log& log, Position position) {
  const auto snapshot = log.snapshot();
  if (position == 0 || position > snapshot.head()) return {};
  return events::uuid_of(events::RecordView(snapshot.read(position)).root().getCommandId());
}

// Positions of another log, or of a history that this one was restored from, mean nothing here.
std::string stale_cursor(schema::ReplayRequest::Read::Reader wanted, const store::Log& log,
                         const std::optional<OtherNodes>& others) {
  const std::string_view named(wanted.getLogId().begin(), wanted.getLogId().size());
  const std::string_view command_id(wanted.getLastCommandId().begin(), wanted.getLastCommandId().size());
  if (named.empty() && command_id.empty()) return {};
  const auto last_command = events::parse_uuid(command_id);
  if (!command_id.empty() && !last_command) return "/read/lastCommandId: must be the UUID of a command";
  if (!named.empty() && named != log.id())
    return fmt::format(
        "/read/logId: this is log {}: positions of another log mean nothing here; start over from "
        "position 1",
        log.id());
  const Position head = log.head();
  if (wanted.getFrom() > head + 1 && others) return {};
  if (wanted.getFrom() > head + 1)
    return fmt::format(
        "/read/from: log {} ends at position {}, so it has lost what was read up to {}: it was restored "
        "from an earlier backup; start over from position 1",
        log.id(), head, wanted.getFrom() - 1);
  if (!last_command || wanted.getFrom() <= 1) return {};
  if (command_at(log, wanted.getFrom() - 1) != last_command)
    return fmt::format(
        "/read/lastCommandId: the event at position {} is not of this command, so what was read up to there is of a "
        "history that was lost: the log was restored from an earlier backup; start over from position 1",
        wanted.getFrom() - 1);
  return {};
}

std::string fault_of(schema::ReplayRequest::WaitFor::Reader wanted, const store::Log& log,
                     const std::optional<OtherNodes>& others) {
  const std::string_view named(wanted.getLogId().begin(), wanted.getLogId().size());
  if (!named.empty() && named != log.id())
    return fmt::format(
        "/waitFor/logId: this is log {}: positions of another log mean nothing here; send again what "
        "must be in it",
        log.id());
  if (wanted.getWithinMs() > events::max_wait_ms)
    return fmt::format("/waitFor/withinMs: at most {}; ask again when it is over", events::max_wait_ms);
  if (wanted.getLatest() == 1 && wanted.getPosition() != 0)
    return "/waitFor/position: latest stands in its place: leave one of both out";
  if (const Position head = log.head(); wanted.getPosition() > head && !others)
    return fmt::format(
        "/waitFor/position: log {} ends at position {}; when a receipt named {}, the log was restored from an earlier "
        "backup, and what the receipt was for must be sent again",
        log.id(), head, wanted.getPosition());
  return {};
}

Encoding encoding_of(const events::Request& request) { return request.encoding.value_or(Encoding::json); }

bool asks_for_chunk(const events::Request& request) {
  if (!request.malformed.empty() || request.bytes().size() > max_replay_request_bytes) return false;
  const auto message =
      events::read_message(request.bytes(), encoding_of(request), capnp::Schema::from<schema::ReplayRequest>());
  return message && message->root<schema::ReplayRequest>().isRead();
}

Doing doing(schema::ReplayRequest::Reader asked) {
  return asked.isStatus() ? Doing::status : asked.isWaitFor() ? Doing::wait : Doing::replay;
}

std::string encoded(schema::ReplayAnswer::Reader answer, const events::Request& request) {
  return events::encode(answer, encoding_of(request));
}

}  // namespace

Chunk read_chunk(const store::Log& log, Position from, uint64_t limit, const events::TopicFilter& filter,
                 Encoding encoding, std::chrono::steady_clock::time_point until, Names* names) {
  Chunk chunk;
  chunk.next = std::max<Position>(from, 1);
  limit = std::min(limit, max_events_per_chunk);
  Position head = log.head(), last = 0;
  if (chunk.next <= head) last = chunk.next + std::min(max_records_per_chunk, head - chunk.next + 1) - 1;
  chunk.events.reserve(std::min<size_t>(limit, last - std::min(last + 1, chunk.next) + 1));
  size_t size_bytes = 0, seen = 0;
  std::map<std::string, Position> tables;
  store::for_each_record(log, chunk.next, last, [&](schema::Record::Reader record) {
    const std::string& table = table_of(record);
    Position previous = std::exchange(tables[table], record.getPosition());
    chunk.next = record.getPosition() + 1;
    const bool matches = filter.topics().empty() || filter.matches(fmt::format("{}/{}/", table, record.getStreamId()));
    // What an event's names need may take far longer than the event.
    const bool looks = ++seen % looks_at_clock_every == 0 || (names && matches);
    if (looks && std::chrono::steady_clock::now() >= until) limit = 0;
    if (!matches) return limit > 0;
    chunk.events.push_back(change_of(record, encoding, log.id(), previous, names ? names->told(record) : std::nullopt));
    size_bytes += chunk.events.back().size_bytes();
    return chunk.events.size() < limit && size_bytes < max_chunk_bytes;
  });
  chunk.at_head = chunk.next > head;
  chunk.last_command = command_at(log, chunk.next - 1);
  return chunk;
}

ReplayLoop::ReplayLoop(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context,
                       std::function<Position()> projected, const events::Door& door, KnownKeys known,
                       std::optional<OtherNodes> others)
    : log_(log),
      lock_(data.lock("replay"), "the replay loop"),
      projected_(std::move(projected)),
      names_(log, std::move(known)),
      others_(std::move(others)),
      asked_(context, events::endpoint_in(data, "replay.ipc"), {replays_unanswered, requests_queued_per_peer}, door,
             events::Doing::replay),
      projected_bell_(context, events::endpoint_in(data, "bell-projected.ipc")) {}

void ReplayLoop::run(events::Stop& stop) {
  while (!stop.is_set()) {
    counters_.heartbeat.beat();
    take_latest();
    answer_waiters();
    take_requests();
    if (auto request = waiting_.next())
      answer(*request);
    else if (waiters_.size() > 0)
      events::wait_for_any(stop, {&asked_.socket(), &projected_bell_},
                           latest_.valid() ? rest_while_asking : rest_with_waiters());
    else  // who waits for nothing does not take the bell either
      events::wait_for_any(stop, {&asked_.socket()}, latest_.valid() ? rest_while_asking : longest_rest);
  }
  let_waiters_go();
}

void ReplayLoop::take_requests() {
  for (int taken = 0; taken < most_taken_between_chunks; ++taken) {
    auto request = asked_.receive();
    if (!request) break;
    if (!waiting_.has(request->peer()) && !asks_for_chunk(*request))
      answer(*request);
    else if (!waiting_.add(std::move(*request)))
      counters_.dropped.add();
  }
}

std::chrono::milliseconds ReplayLoop::rest_with_waiters() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(waiters_.first_end() - Waiters::Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), longest_rest_with_waiters);
}

// The bell is taken first: what is projected after the look rings again.
void ReplayLoop::answer_waiters() {
  if (waiters_.size() == 0) return;
  projected_bell_.drain();
  const Position reached = projected_();
  auto due = waiters_.take_due(reached, Waiters::Clock::now());
  if (due.empty()) return;
  counters_.waiting.set(waiters_.size());
  asked_.take_credits();
  for (auto& [request, position, until] : due) answer_waited(request, position, reached);
}

// Who waits is told now, and asks again when there is a daemon.
void ReplayLoop::let_waiters_go() {
  for (auto* waiting : {&asking_, &to_ask_})
    for (auto& [request, until] : std::exchange(*waiting, {})) waiters_.add(std::move(request), never, until);
  if (waiters_.size() == 0) return;
  asked_.socket().set(zmq::sockopt::linger, longest_farewell_ms);
  counters_.waiting.set(0);
  asked_.take_credits();
  const Position reached = projected_();
  for (auto& [request, position, until] : waiters_.take_all()) answer_waited(request, position, reached);
}

void ReplayLoop::answer(events::Request& request) {
  asked_.take_credits();
  if (!asked_.has_room(request, max_chunk_bytes)) return;  // it would be dropped, so it is not made
  if (!request.malformed.empty()) return refuse(request, request.malformed);
  if (request.bytes().size() > max_replay_request_bytes)
    return refuse(request, fmt::format("a replay request has at most {} bytes", max_replay_request_bytes));
  auto message =
      events::read_message(request.bytes(), encoding_of(request), capnp::Schema::from<schema::ReplayRequest>());
  if (!message) {
    const auto& fault = message.error();
    return refuse(request, fault.field.empty() ? fault.message : fmt::format("{}: {}", fault.field, fault.message));
  }
  auto root = message->root<schema::ReplayRequest>();
  if (auto fault = events::why_not(request.from, doing(root)); !fault.empty()) return refuse(request, fault);
  if (root.isStatus()) return answer_status(request);
  if (root.isWaitFor()) return take_waiter(request, *message);
  answer_chunk(request, *message);
}

void ReplayLoop::answer_chunk(events::Request& request, const events::Message& asked) {
  const auto wanted = asked.root<schema::ReplayRequest>().getRead();
  if (wanted.getLimit() == 0) return refuse(request, "/read/limit: ask for at least one event");
  events::TopicFilter filter(topics_of(wanted));
  if (auto fault = events::TopicFilter::fault(filter.topics()); !fault.empty()) return refuse(request, "/read" + fault);
  if (auto fault = stale_cursor(wanted, log_, others_); !fault.empty()) return refuse(request, fault);
  Chunk chunk = read_chunk(log_, wanted.getFrom(), wanted.getLimit(), filter, encoding_of(request),
                           std::chrono::steady_clock::now() + longest_chunk, &names_);

  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::ReplayAnswer>();
  auto answer = root.initChunk();
  answer.setNext(chunk.next);
  answer.setEvents(chunk.events.size());
  answer.setAtHead(chunk.at_head);
  counters_.chunks.add();
  counters_.events.add(chunk.events.size());
  for (const ChangeFrames& change : chunk.events) counters_.bytes.add(change.size_bytes());
  if (chunk.last_command) answer.setLastCommandId(events::to_string(*chunk.last_command));
  send(request, encoded(root.asReader(), request), std::move(chunk.events));
}

void ReplayLoop::answer_status(events::Request& request) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::ReplayAnswer>();
  auto status = root.initStatus();
  status.setLogId(log_.id());
  status.setRecordedAt(events::absent_int);
  store::LogSnapshot snapshot = log_.snapshot();
  status.setHead(snapshot.head());
  status.setRoot(events::hex(snapshot.tree_head().root));
  if (snapshot.head() > 0)
    status.setRecordedAt(events::RecordView(snapshot.read(snapshot.head())).root().getRecordedAt());
  counters_.statuses.add();
  send(request, encoded(root.asReader(), request));
}

void ReplayLoop::take_waiter(events::Request& request, const events::Message& asked) {
  const auto wanted = asked.root<schema::ReplayRequest>().getWaitFor();
  if (const auto fault = fault_of(wanted, log_, others_); !fault.empty()) return refuse(request, fault);
  const auto until = Waiters::Clock::now() + std::chrono::milliseconds(wanted.getWithinMs());
  if (wanted.getLatest() != 1) return wait(request, wanted.getPosition(), until);
  if (!others_) return wait(request, log_.head(), until);
  size_t all = 0, of_peer = 0;
  for (const auto* waiting : {&asking_, &to_ask_})
    for (const auto& other : *waiting) ++all, of_peer += other.request.peer() == request.peer() ? 1 : 0;
  if (all >= events::max_waiters || of_peer >= replays_unanswered) return answer_waited(request, never, projected_());
  to_ask_.push_back({std::move(request), until});
  ask_latest();
}

void ReplayLoop::wait(events::Request& request, Position position, Waiters::Clock::time_point until) {
  const Position reached = projected_();
  if (position <= reached || until <= Waiters::Clock::now() || waiters_.is_full(request.peer()))
    return answer_waited(request, position, reached);
  waiters_.add(std::move(request), position, until);
  counters_.waiting.set(waiters_.size());
}

// Each request is answered by a question that began after it had come: so it has whatever was acknowledged before.
void ReplayLoop::ask_latest() {
  if (latest_.valid() || to_ask_.empty()) return;
  asking_ = std::exchange(to_ask_, {});
  latest_ = std::async(std::launch::async, others_->latest);
}

void ReplayLoop::take_latest() {
  if (!latest_.valid() || latest_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  const auto latest = latest_.get();
  asked_.take_credits();
  for (auto& [request, until] : std::exchange(asking_, {})) {
    if (latest)
      wait(request, *latest, until);
    else  // at once: whoever asks again may find somebody who knows
      answer_waited(request, never, projected_());
  }
  ask_latest();
}

void ReplayLoop::answer_waited(events::Request& request, Position wanted, Position reached) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::ReplayAnswer>();
  auto waited = root.initWaited();
  waited.setIsThere(wanted <= reached);
  waited.setPosition(reached);
  waited.setLogId(log_.id());
  counters_.waited.add();
  send(request, encoded(root.asReader(), request));
}

void ReplayLoop::refuse(events::Request& request, const std::string& sentence) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::ReplayAnswer>();
  root.setRefused(sentence);
  counters_.refused.add();
  send(request, encoded(root.asReader(), request));
}

// The answer, and the changes behind it, three frames each.
void ReplayLoop::send(events::Request& request, std::string answer, std::vector<ChangeFrames> changes) {
  std::string last = changes.empty() ? std::move(answer) : std::exchange(changes.back().payload, {});
  std::vector<std::string_view> frames;
  if (!changes.empty()) frames.push_back(answer);
  for (const ChangeFrames& change : changes) {
    frames.insert(frames.end(), {change.topic, change.header});
    if (&change != &changes.back()) frames.push_back(change.payload);
  }
  asked_.reply(request, encoding_of(request), frames, std::move(last));
}

}  // namespace catlog::projector
