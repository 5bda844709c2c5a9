#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/bus/bus.h"
#include "events/bus/connections.h"
#include "events/bus/door.h"
#include "events/bus/topics.h"
#include "events/position.h"
#include "projector/feed/counters.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

struct ChangeFrames;
class Names;
using events::Position;

constexpr int changes_queued_per_subscriber = 16 * 1024;  // at most; more are lost, and the gap is seen
constexpr int subscriptions_queued_per_peer = 1024;
// The bytes of events that subscribers have still to get, unless a Feed is told otherwise. Beyond it, the subscriber
// that has read nothing for the longest time is cut off.
constexpr size_t max_unread_feed_bytes = size_t{256} << 20;

// The XPUB socket that publishes every change once, in order of positions (events/PROTOCOL.md). An event is encoded
// only when somebody is subscribed to it in that encoding. Never waits for a subscriber: one that does not read loses
// what comes while its queue is full, and is cut off when the queues hold too many bytes.
//
// Threads: one at a time.
class Feed {
 public:
  Feed(zmq::context_t& context, const std::string& endpoint, std::string log_id,
       size_t max_unread_bytes = max_unread_feed_bytes, const events::Door& door = {});

  // Whether it knows where it begins: pass_to was called.
  bool has_begun() const { return has_begun_; }
  // Position of the last event that was published, or passed.
  Position position() const { return position_; }
  // All events up to `position` count as published. `tables` are the positions of each table's last event then.
  void pass_to(Position position, const std::map<std::string, Position>& tables);
  // Publishes the event after position(), with what `names` tells of it; null: nothing. Throws as change_of and
  // Names::told.
  void publish(const events::RecordReader& record, Names* names = nullptr);
  // Publishes position() and each table's last position under the topic head/.
  void publish_head();

  // To be called whenever socket() can be read, and before publishing: reads what peers subscribed to.
  void take_subscriptions();
  // Whether take_subscriptions is to be called again soon, for those who left.
  bool has_leavers() const { return leaving_.is_owed(); }
  // Whether publish() would send anything to anybody, as far as it is known.
  bool has_listeners() const { return !listened_to_.empty(); }
  zmq::socket_t& socket() { return socket_; }

  // Threads: any, of both.
  size_t unread_bytes() const { return *unread_bytes_; }
  const FeedCounters& counters() const { return counters_; }

 private:
  void send(ChangeFrames change);
  void make_room();

  zmq::socket_t socket_;
  // Shared with the payloads that ZeroMQ has, which may outlive this object.
  std::shared_ptr<std::atomic<size_t>> unread_bytes_ = std::make_shared<std::atomic<size_t>>(0);
  size_t max_unread_bytes_;
  FeedCounters counters_;
  std::chrono::steady_clock::time_point next_cut_{};
  std::string log_id_;
  events::Subscriptions subscriptions_;
  std::vector<events::Encoding> listened_to_;  // those in which anything may be wanted
  events::Leaving leaving_;
  bool has_begun_ = false;
  Position position_ = 0;
  std::map<std::string, Position> tables_;  // position of each table's last event up to position_
};

}  // namespace catlog::projector
