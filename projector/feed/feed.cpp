#include "projector/feed/feed.h"

#include "events/schema/record.h"

#include <atomic>
#include <optional>
#include <utility>

#include <capnp/message.h>

#include "events/bus/sockets.h"
#include "events/codec/message.h"
#include "events/error.h"
#include "projector/feed/change_frames.h"
#include "projector/names/names.h"

namespace catlog::projector {

using events::Encoding;

namespace {

constexpr std::chrono::milliseconds between_cuts{100};  // ZeroMQ has to notice

// A payload, the last of an event's frames. All of these count as long as a subscriber has still to get it.
struct Payload {
  std::string bytes;
  std::shared_ptr<std::atomic<size_t>> unread;
  // Written last and read first, so that all is there in ZeroMQ's thread, as in events/bus/replies.cpp.
  std::atomic<size_t> counted = 0;

  static void let_go(void*, void* hint) {
    const std::unique_ptr<Payload> self(static_cast<Payload*>(hint));
    const size_t counted = self->counted;
    *self->unread -= counted;
  }
};

}  // namespace

Feed::Feed(zmq::context_t& context, const std::string& endpoint, std::string log_id, size_t max_unread_bytes,
           const events::Door& door)
    : socket_(events::open_door(context, zmq::socket_type::xpub, endpoint, door, events::Doing::follow,
                                {changes_queued_per_subscriber, subscriptions_queued_per_peer})),
      max_unread_bytes_(max_unread_bytes),
      log_id_(std::move(log_id)) {}

void Feed::pass_to(Position position, const std::map<std::string, Position>& tables) {
  has_begun_ = true;
  position_ = position;
  tables_ = tables;
}

void Feed::publish(const events::RecordReader& record, Names* names) {
  CATLOG_CHECK(record.getPosition() == position_ + 1);
  position_ = record.getPosition();
  const std::string& table = table_of(record);
  Position previous = std::exchange(tables_[table], position_);
  std::optional<events::schema::Names::Reader> told;
  bool is_first = true;
  for (Encoding encoding : listened_to_) {
    if (!subscriptions_.wants(events::topic_of(encoding, table, record.getStreamId()))) continue;
    if (names && std::exchange(is_first, false)) told = names->told(record);
    send(change_of(record, encoding, log_id_, previous, told));
    (encoding == Encoding::json ? counters_.json : counters_.capnp).add();
  }
}

void Feed::send(ChangeFrames change) {
  make_room();
  const size_t size_bytes = change.size_bytes();
  counters_.bytes.add(size_bytes);
  events::send_frame(socket_, change.topic, zmq::send_flags::sndmore);
  events::send_frame(socket_, change.header, zmq::send_flags::sndmore);
  auto payload = std::make_unique<Payload>(std::move(change.payload), unread_bytes_);
  std::string& bytes = payload->bytes;
  *unread_bytes_ += size_bytes;
  payload->counted = size_bytes;
  zmq::message_t frame(bytes.data(), bytes.size(), &Payload::let_go, payload.release());
  static_cast<void>(socket_.send(std::move(frame), zmq::send_flags::none));
}

void Feed::make_room() {
  if (*unread_bytes_ <= max_unread_bytes_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_cut_) return;
  next_cut_ = now + between_cuts;
  if (events::cut_off_slowest()) counters_.cut_off.add();
}

void Feed::publish_head() {
  if (!subscriptions_.wants(events::head_topic)) return;
  capnp::MallocMessageBuilder message;
  auto head = message.initRoot<events::schema::Head>();
  head.setLogId(log_id_);
  head.setPosition(position_);
  auto tables = head.initTables(static_cast<unsigned>(tables_.size()));
  unsigned at = 0;
  for (const auto& [table, position] : tables_) {
    tables[at].setTable(table);
    tables[at++].setPosition(position);
  }
  events::send_frame(socket_, events::head_topic, zmq::send_flags::sndmore);
  events::send_frame(socket_, events::encode(head.asReader(), Encoding::json), zmq::send_flags::none);
}

void Feed::take_subscriptions() {
  // Asked so, ZeroMQ takes out who left; when it only receives, it does so now and then.
  static_cast<void>(socket_.get(zmq::sockopt::events));
  zmq::message_t message;
  while (socket_.recv(message, zmq::recv_flags::dontwait))
    subscriptions_.take({static_cast<const char*>(message.data()), message.size()});
  leaving_.looked();
  listened_to_.clear();
  for (const auto& [encoding, start] : {std::pair(Encoding::json, "json/"), std::pair(Encoding::capnp, "capnp/")})
    if (subscriptions_.wants_any(start)) listened_to_.push_back(encoding);
}

}  // namespace catlog::projector
