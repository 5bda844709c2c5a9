#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "events/bus/topics.h"
#include "events/client/change.h"
#include "events/client/feed_connection.h"
#include "events/client/questions.h"
#include "events/patience.h"
#include "events/position.h"

namespace catlog::events {

struct SubscriberOptions {
  std::string changes_endpoint, replay_endpoint;
  std::vector<std::string> topics;  // prefixes as `movies/` or `movies/42/`; none: everything
  std::optional<Position> from;     // none: what comes after the log's present head
  // How long the replay socket may give no answer before it counts as unreachable.
  std::chrono::milliseconds answer_within = patience;
  std::string log_id = {};           // of the log that `from` is a position in; empty: whichever is there
  std::string last_command_id = {};  // of the event before `from`; empty: whichever is there
  // Without an answer, or a message of the feed, on a connection that seems to be there: then there is another one.
  std::chrono::milliseconds ask_again{10'000};
  std::optional<ClientKeys> keys = {};  // for endpoints where the daemon asks for them
};

// A subscriber: hands over every event that matches its topics, from a position on, once and in the order of positions.
// What the feed lost, or sent before this began to listen, it fetches from the replay socket; so an event may be handed
// over before the read model has it. A daemon that is away is waited for, and asked again; so is the replay socket when
// the feed, which tells each second how far it is, is silent.
//
// Threads: one at a time.
class Subscriber {
 public:
  // Throws Failure(usage) for topics or endpoints that cannot be, Failure(unreachable) when the replay socket does not
  // answer, Failure(refused) when `from` is a position of another log or beyond the log's end (one behind another event
  // than last_command_id's is refused by next()): what was made from the events before it is of another history, start
  // over.
  explicit Subscriber(SubscriberOptions options);
  Subscriber(const Subscriber&) = delete;

  // The next event; nothing when there was none in `timeout`. Throws Failure(unreachable) when a gap has to be filled
  // and the replay socket does not answer within answer_within, with where to go on (a pause of the caller between two
  // calls counts as a second at most), Failure(refused) when the log was replaced by another or lost events that were
  // handed over, Failure(usage) when the daemon refuses the question for another reason or does not let this client in,
  // Failure(unreachable) when the feed was cut off again and again for answer_within, Failure(failure) when what comes
  // is not from a catlog: then this object may only be destroyed.
  std::optional<Change> next(std::chrono::milliseconds timeout);
  // Whether everything that matched was handed over, as far as the log is known to reach.
  bool has_caught_up() const { return !behind_ && pending_.empty(); }
  // The id of the log that it follows; together with the last change's position and command id it is a cursor.
  const std::string& log_id() const { return log_id_; }

 private:
  using Clock = std::chrono::steady_clock;
  // What is subscribed to on the wire, so that each message's header can prove that nothing before it is missing.
  enum class Cover { stream, table, everything };

  std::vector<std::string> choose_cover();
  void take_live();
  void take_head(const zmq::message_t& body);
  void take_change(Change change);
  bool is_next(const Change& change) const;
  void fetch_chunk(Clock::time_point until);
  std::string request_from(Position from, const std::string& last_command_id) const;
  void take_chunk(const std::vector<zmq::message_t>& frames);
  void check_log(const std::string& log_id) const;
  void check_start(Position head) const;
  std::string told_unanswered() const;

  SubscriberOptions options_;
  TopicFilter filter_;
  Cover cover_ = Cover::everything;
  std::string table_;  // for Cover::stream and table
  zmq::context_t context_;
  FeedConnection feed_;
  Questions replay_;
  std::string log_id_;
  Position next_ = 1;            // everything that matches and stands before it is handed over or in pending_
  std::string last_command_id_;  // of the event before next_; empty: not known
  bool behind_ = false;          // there is, or may be, something from next_ on that only the replay socket has
  Position head_ = 0;            // as far as the log was known to reach last
  int steady_chunks_ = 0;        // the last ones, in a row, that ended where their requests said
  std::deque<Change> pending_;   // at most one chunk
};

}  // namespace catlog::events
