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
// A chunk also ends by time or bytes. What is asked for from a wrong place is made for nothing.
constexpr int steady_enough = 2;

std::string_view words_of(const zmq::message_t& frame) {
  return {static_cast<const char*>(frame.data()), frame.size()};
}

constexpr const char* of_the_feed = "a message of the feed";

std::string_view without_encoding(std::string_view topic) {
  return topic.substr(std::min(topic.find('/') + 1, topic.size()));
}

SubscriberOptions checked(SubscriberOptions options) {
  if (auto fault = TopicFilter::fault(options.topics); !fault.empty()) throw Failure(Exit::usage, fault);
  return options;
}

}  // namespace

Subscriber::Subscriber(SubscriberOptions options)
    : options_(checked(std::move(options))),
      filter_(options_.topics),
      feed_(context_, options_.changes_endpoint, choose_cover(), options_.ask_again, options_.answer_within,
            options_.keys),
      replay_(context_, options_.replay_endpoint, options_.answer_within, options_.ask_again, options_.keys) {
  replay_.ask(R"({"status":null})");
  const auto frames = replay_.answer(Clock::time_point::max()).value();
  capnp::MallocMessageBuilder message;
  auto answer = read_answer<schema::ReplayAnswer>(frames.front(), message, replay_answer);
  if (!answer.isStatus()) fail_unknown(replay_answer);
  log_id_ = answer.getStatus().getLogId();
  head_ = answer.getStatus().getHead();
  check_start(head_);
  next_ = std::max<Position>(options_.from.value_or(head_ + 1), 1);
  behind_ = options_.from.has_value();
  last_command_id_ = options_.last_command_id;
}

// The subscriptions that it takes.
std::vector<std::string> Subscriber::choose_cover() {
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
  return {"json/" + start, std::string(head_topic)};
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
    switch (feed_.wait(deadline)) {
      case FeedConnection::Came::message:
        take_live();
        break;
      case FeedConnection::Came::silence:
        behind_ = true;
        break;
      case FeedConnection::Came::nothing:
        return {};
    }
  }
}

void Subscriber::take_live() {
  const auto frames = feed_.receive();
  if (frames.size() == 2 && words_of(frames[0]) == head_topic) return take_head(frames[1]);
  if (frames.size() == 3) return take_change(change_from(frames[0], frames[1], frames[2], of_the_feed));
  if (!frames.empty()) fail_unknown(of_the_feed);
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

void Subscriber::take_head(const zmq::message_t& body) {
  capnp::MallocMessageBuilder message;
  auto head = read_answer<schema::Head>(body, message, of_the_feed);
  check_log(head.getLogId());
  head_ = std::max(head_, head.getPosition());
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

// Without last_command_id, which is not known ahead, the daemon does not see that the history is another: the one asked
// before it says so, and what is asked over a new connection has it.
std::string Subscriber::request_from(Position from, const std::string& last_command_id) const {
  capnp::MallocMessageBuilder message;
  auto wanted = message.initRoot<schema::ReplayRequest>().initRead();
  wanted.setLogId(log_id_);
  wanted.setFrom(from);
  wanted.setLimit(events_per_request);
  if (!last_command_id.empty()) wanted.setLastCommandId(last_command_id);
  auto topics = wanted.initTopics(static_cast<unsigned>(options_.topics.size()));
  for (unsigned i = 0; i < topics.size(); ++i) topics.set(i, options_.topics[i]);
  return encode(message.getRoot<schema::ReplayRequest>().asReader(), Encoding::json);
}

// A request may be open from a call before, that did not wait so long. None is asked ahead for what begins beyond the
// log's end: the daemon would have to refuse it.
void Subscriber::fetch_chunk(Clock::time_point until) {
  if (!replay_.is_open()) replay_.ask(request_from(next_, last_command_id_));
  const Position ahead = next_ + events_per_request;
  if (steady_chunks_ >= steady_enough && ahead <= head_ && !replay_.has_ahead())
    replay_.ask_ahead(request_from(ahead, {}));
  if (const auto frames = replay_.answer(until, told_unanswered())) take_chunk(*frames);
}

void Subscriber::take_chunk(const std::vector<zmq::message_t>& frames) {
  capnp::MallocMessageBuilder message;
  auto root = read_answer<schema::ReplayAnswer>(frames.front(), message, replay_answer);
  if (root.isRefused()) fail_refused(root.getRefused().cStr());
  if (!root.isChunk() || !are_frames_of(root.getChunk().getEvents(), frames.size() - 1)) fail_unknown(replay_answer);
  for (size_t i = 1; i < frames.size(); i += 3) {
    pending_.push_back(change_from(frames[i], frames[i + 1], frames[i + 2], replay_answer));
    check_log(pending_.back().log_id);
  }
  behind_ = !root.getChunk().getAtHead();
  const bool is_steady = behind_ && root.getChunk().getNext() == next_ + events_per_request;
  steady_chunks_ = is_steady ? std::min(steady_chunks_ + 1, steady_enough) : 0;
  if (root.getChunk().getNext() > next_) {
    next_ = root.getChunk().getNext();
    last_command_id_ = root.getChunk().getLastCommandId();
  }
  if (!replay_.has_ahead()) return;
  if (is_steady)
    replay_.go_on(request_from(next_, last_command_id_));
  else
    replay_.forget_ahead();
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

std::string Subscriber::told_unanswered() const {
  return fmt::format(" Everything before position {} of log {} was handed over: go on from there.",
                     pending_.empty() ? next_ : pending_.front().position, log_id_);
}

}  // namespace catlog::events
