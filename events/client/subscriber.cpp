#include "events/client/subscriber.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <utility>

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/bus/sockets.h"
#include "events/codec/json.h"
#include "events/codec/message.h"
#include "events/error.h"

namespace catlog::events {

using std::chrono::milliseconds;

namespace {

constexpr uint64_t events_per_request = 1000;
constexpr size_t requests_open = 1;

std::string_view view(const zmq::message_t& frame) { return {static_cast<const char*>(frame.data()), frame.size()}; }

std::vector<zmq::message_t> receive(zmq::socket_t& socket) {
  std::vector<zmq::message_t> frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) break;
    more = frame.more();
    frames.push_back(std::move(frame));
  }
  return frames;
}

[[noreturn]] void fail_unknown(std::string_view what) {
  throw Failure(Exit::failure, fmt::format("{} cannot be read: the other side is no catlog of this version", what));
}

template <class Struct>
typename Struct::Reader read(std::string_view json, capnp::MallocMessageBuilder& message, std::string_view what) {
  auto root = message.initRoot<Struct>();
  if (!read_json(json, root, Fields::all)) fail_unknown(what);
  return root.asReader();
}

Change change_from(const zmq::message_t& topic, const zmq::message_t& header, const zmq::message_t& payload) {
  capnp::MallocMessageBuilder message;
  auto read_header = read<schema::ChangeHeader>(view(header), message, "a message of the feed");
  Change change{std::string(view(topic)),          read_header.getLogId(),
                read_header.getPosition(),         read_header.getPreviousInTable(),
                read_header.getPreviousInStream(), read_header.getCommandId(),
                std::string(view(payload)),        {}};
  if (read_header.getWithheldBytes() != absent_int)
    change.withheld_bytes = static_cast<uint64_t>(read_header.getWithheldBytes());
  return change;
}

// Each event is topic, header, payload. What the number is multiplied with may wrap: it is said by the other side.
bool are_frames_of(uint64_t events, size_t frames) { return frames % 3 == 0 && frames / 3 == events; }

std::string_view without_encoding(std::string_view topic) {
  return topic.substr(std::min(topic.find('/') + 1, topic.size()));
}

std::string endpoint_checked(const std::vector<std::string>& topics, std::string endpoint) {
  if (auto fault = TopicFilter::fault(topics); !fault.empty()) throw Failure(Exit::usage, fault);
  return endpoint;
}

}  // namespace

Subscriber::Subscriber(SubscriberOptions options)
    : options_(std::move(options)),
      filter_(options_.topics),
      changes_(context_, zmq::socket_type::sub),
      replay_(context_, options_.replay_endpoint, requests_open, options_.keys),
      silence_(options_.answer_within),
      since_sent_(options_.ask_again) {
  ClientKeys::use(changes_, options_.keys);
  connect(changes_, endpoint_checked(options_.topics, options_.changes_endpoint));
  choose_cover();
  ask(R"({"status":null})");
  const auto frames = answer(Clock::time_point::max()).value();
  capnp::MallocMessageBuilder message;
  auto answer = read<schema::ReplayAnswer>(view(frames.front()), message, "the answer of the replay socket");
  if (!answer.isStatus()) fail_unknown("the answer of the replay socket");
  log_id_ = answer.getStatus().getLogId();
  check_start(answer.getStatus().getHead());
  next_ = std::max<Position>(options_.from.value_or(answer.getStatus().getHead() + 1), 1);
  behind_ = options_.from.has_value();
  last_command_id_ = options_.last_command_id;
}

void Subscriber::choose_cover() {
  std::string start;
  if (!options_.topics.empty()) {
    table_ = options_.topics.front().substr(0, options_.topics.front().find('/'));
    start = table_ + "/";
    bool one_table = std::all_of(options_.topics.begin(), options_.topics.end(),
                                 [&](const std::string& topic) { return topic.starts_with(start); });
    bool whole = options_.topics.front().size() > start.size() && options_.topics.front().ends_with('/');
    cover_ = !one_table ? Cover::everything : options_.topics.size() == 1 && whole ? Cover::stream : Cover::table;
    if (cover_ == Cover::everything) start.clear();
    if (cover_ == Cover::stream) start = options_.topics.front();
  }
  changes_.set(zmq::sockopt::subscribe, "json/" + start);
  changes_.set(zmq::sockopt::subscribe, head_topic);
}

std::optional<Change> Subscriber::next(milliseconds timeout) {
  auto deadline = Clock::now() + timeout;
  for (;;) {
    if (!pending_.empty()) {
      Change change = std::move(pending_.front());
      pending_.pop_front();
      return change;
    }
    if (behind_) {
      fetch_chunk(deadline);
      if (pending_.empty() && Clock::now() >= deadline) return {};
      continue;
    }
    auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    bool readable = wait_readable(changes_, std::max(left, milliseconds(0)));
    if (readable) take_live();
    if (!readable && Clock::now() >= deadline) return {};
  }
}

void Subscriber::take_live() {
  auto frames = receive(changes_);
  if (frames.size() == 2 && view(frames[0]) == head_topic) return take_head(view(frames[1]));
  if (frames.size() == 3) return take_change(change_from(frames[0], frames[1], frames[2]));
  if (!frames.empty()) fail_unknown("a message of the feed");
}

void Subscriber::take_change(Change change) {
  check_log(change.log_id);
  if (change.position < next_) return;
  // It will come again with what is missing before it.
  behind_ = !is_next(change);
  if (behind_) return;
  next_ = change.position + 1;
  last_command_id_ = change.command_id;
  if (filter_.matches(without_encoding(change.topic))) pending_.push_back(std::move(change));
}

bool Subscriber::is_next(const Change& change) const {
  switch (cover_) {
    case Cover::stream:
      return change.previous_in_stream < next_;
    case Cover::table:
      return change.previous_in_table < next_;
    case Cover::everything:
      break;
  }
  return change.position == next_;
}

void Subscriber::take_head(std::string_view body) {
  capnp::MallocMessageBuilder message;
  auto head = read<schema::Head>(body, message, "a message of the feed");
  check_log(head.getLogId());
  Position last = cover_ == Cover::everything ? head.getPosition() : 0;
  for (auto table : head.getTables())
    if (cover_ != Cover::everything && table.getTable() == table_.c_str()) last = table.getPosition();
  // A feed behind what was handed over is late, or a log that was put back: the replay socket knows, and refuses then.
  const bool is_before = head.getPosition() + 1 < next_;
  behind_ = last >= next_ || is_before;
  if (behind_ || head.getPosition() < next_) return;
  next_ = head.getPosition() + 1;
  last_command_id_.clear();
}

// A request may be open from a call before, that did not wait so long.
void Subscriber::fetch_chunk(Clock::time_point until) {
  if (asked_.empty()) {
    capnp::MallocMessageBuilder message;
    auto wanted = message.initRoot<schema::ReplayRequest>().initRead();
    wanted.setLogId(log_id_);
    wanted.setFrom(next_);
    wanted.setLimit(events_per_request);
    if (!last_command_id_.empty()) wanted.setLastCommandId(last_command_id_);
    auto topics = wanted.initTopics(static_cast<unsigned>(options_.topics.size()));
    for (unsigned i = 0; i < topics.size(); ++i) topics.set(i, options_.topics[i]);
    ask(encode(message.getRoot<schema::ReplayRequest>().asReader(), Encoding::json));
  }
  if (const auto frames = answer(until)) take_chunk(*frames);
}

// What the daemon says of the cursor, `read.from: …` or `/read/from: …`, is about another history; anything else is a
// bad question.
static void refuse(std::string_view words) {
  const std::string_view field = words.substr(0, words.find(':'));
  for (const char* cursor : {"logId", "from", "lastCommandId"})
    if (field == fmt::format("read.{}", cursor) || field == fmt::format("/read/{}", cursor))
      throw Failure(Exit::refused, fmt::format("the replay socket refuses: {}", words));
  throw Failure(Exit::usage, fmt::format("the replay socket refuses: {}", words));
}

void Subscriber::take_chunk(const std::vector<zmq::message_t>& frames) {
  capnp::MallocMessageBuilder message;
  auto root = read<schema::ReplayAnswer>(view(frames.front()), message, "the answer of the replay socket");
  if (root.isRefused()) refuse(root.getRefused().cStr());
  if (!root.isChunk() || !are_frames_of(root.getChunk().getEvents(), frames.size() - 1))
    fail_unknown("the answer of the replay socket");
  for (size_t i = 1; i < frames.size(); i += 3) {
    pending_.push_back(change_from(frames[i], frames[i + 1], frames[i + 2]));
    check_log(pending_.back().log_id);
  }
  if (root.getChunk().getNext() > next_) {
    next_ = root.getChunk().getNext();
    last_command_id_ = root.getChunk().getLastCommandId();
  }
  behind_ = !root.getChunk().getAtHead();
}

void Subscriber::check_log(const std::string& log_id) const {
  if (log_id == log_id_) return;
  throw Failure(Exit::refused,
                fmt::format("the log {} was replaced by {}, whose positions mean other events: drop what "
                            "was made from it and start over from position 1",
                            log_id_, log_id));
}

void Subscriber::check_start(Position head) const {
  if (!options_.log_id.empty() && options_.log_id != log_id_)
    throw Failure(Exit::refused, fmt::format("this is log {}, but the position is one of log {}: drop what was made "
                                             "from that one and start over from position 1",
                                             log_id_, options_.log_id));
  if (options_.from.value_or(0) > head + 1)
    throw Failure(Exit::refused, fmt::format("log {} ends at position {}, before position {}: it was restored from an "
                                             "earlier backup, or the position is wrong; start over from position 1",
                                             log_id_, head, *options_.from - 1));
}

void Subscriber::ask(std::string request) {
  ++requests_;
  asked_ = std::move(request);
  silence_.begin();
  send_request();
}

void Subscriber::send_request() {
  since_sent_.begin();
  replay_.send({std::to_string(requests_), encoding_frame(Encoding::json), asked_});
}

// The frames behind tag and encoding; nothing when there are none by then.
std::optional<std::vector<zmq::message_t>> Subscriber::answer(Clock::time_point until) {
  for (;;) {
    const auto left = std::max(std::chrono::ceil<milliseconds>(until - Clock::now()), milliseconds(0));
    const auto came = replay_.wait(std::min({left, silence_.step(), since_sent_.step()}));
    silence_.look();
    since_sent_.look();
    switch (came) {
      case Connection::Came::connection:
        send_request();
        break;
      case Connection::Came::answer:
        // One to an earlier request, over a connection that was lost, is of no use any more.
        if (auto frames = replay_.receive(); frames.size() >= 3 && view(frames[0]) == std::to_string(requests_)) {
          asked_.clear();
          frames.erase(frames.begin(), frames.begin() + 2);
          return frames;
        }
        break;
      case Connection::Came::nothing:
        if (silence_.is_too_long()) fail_unanswered();
        if (since_sent_.is_too_long()) {
          since_sent_.begin();
          replay_.drop();
        }
        if (Clock::now() >= until) return {};
        break;
    }
  }
}

void Subscriber::fail_unanswered() const {
  const std::string handed_over =
      log_id_.empty() ? std::string()
                      : fmt::format(" Everything before position {} of log {} was handed over: go on from there.",
                                    pending_.empty() ? next_ : pending_.front().position, log_id_);
  throw Failure(Exit::unreachable,
                fmt::format("{} does not answer for {} s: is the daemon running?{}", options_.replay_endpoint,
                            static_cast<double>(options_.answer_within.count()) / 1e3, handed_over));
}

}  // namespace catlog::events
