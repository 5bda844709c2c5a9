// What a subscriber is sent: by the feed, and by the replay socket that it catches up from.
#include "events/schema/vocabulary.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <functional>
#include <thread>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "commandhandler/state/known_keys.h"
#include "events/bus/bus.h"
#include "events/codec/message.h"
#include "events/error.h"
#include "projector/feed/change_frames.h"
#include "projector/feed/feed.h"
#include "projector/feed/replay.h"
#include "projector/names/names.h"
#include "store/records.h"
#include "store/state_store.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

namespace {

// Of the 16,384 that the feed queues for a subscriber, so that nothing is lost: ZeroMQ hears of what was read by halves
// of them.
constexpr Position most_on_the_way = 4'096;
constexpr Position looks_every = 256;
constexpr size_t raw_changes = 10'000;       // that plain PUB/SUB sends again and again
constexpr size_t frames_before_changes = 3;  // tag, encoding, answer
constexpr Position asked_at_once = 1'000;    // as Subscriber asks for them, and so many requests open:
constexpr size_t asked_ahead = 2;
constexpr std::chrono::seconds longest_silence{60};
constexpr std::chrono::milliseconds between_looks{100};

// A SUB socket that takes everything in a thread of its own.
class Listener {
 public:
  explicit Listener(const std::string& endpoint) : socket_(context_, zmq::socket_type::sub) {
    socket_.set(zmq::sockopt::rcvhwm, 0);
    socket_.set(zmq::sockopt::subscribe, "capnp/");
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(between_looks.count()));
    socket_.connect(endpoint);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      zmq::message_t frame;
      while (!stop.stop_requested())
        if (socket_.recv(frame) && !frame.more()) received_.fetch_add(1, std::memory_order_release);
    });
  }
  Position received() const { return received_.load(std::memory_order_acquire); }
  // Until so few of those that were sent are on the way.
  void wait(Position sent, Position on_the_way) const {
    for (const int64_t begin_ns = now_ns(); sent - received() > on_the_way; std::this_thread::yield())
      if (now_ns() - begin_ns > std::chrono::nanoseconds(longest_silence).count())
        throw events::Failure(events::Exit::failure, "a subscriber did not get what was published");
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::atomic<Position> received_ = 0;
  std::jthread thread_;
};

double seconds_to_publish(const store::Log& log, const events::KnownKeys& known, Position last,
                          const std::string& endpoint) {
  projector::Names names(log, known);
  zmq::context_t context;
  projector::Feed feed(context, endpoint, log.id());
  feed.pass_to(0, {});
  const Listener listener(endpoint);
  while (!feed.has_listeners()) {
    std::this_thread::sleep_for(between_looks);
    feed.take_subscriptions();
  }
  return seconds_of([&] {
    store::for_each_record(log, 1, last, [&](events::schema::Record::Reader record) {
      feed.publish(record, &names);
      if (record.getPosition() % looks_every == 0) listener.wait(record.getPosition(), most_on_the_way);
      return true;
    });
    listener.wait(last, 0);
  });
}

double seconds_to_send(const std::vector<projector::ChangeFrames>& changes, Position last,
                       const std::string& endpoint) {
  zmq::context_t context;
  zmq::socket_t socket(context, zmq::socket_type::xpub);
  socket.set(zmq::sockopt::sndhwm, 0);
  socket.bind(endpoint);
  const Listener listener(endpoint);
  zmq::message_t subscription;
  static_cast<void>(socket.recv(subscription));
  return seconds_of([&] {
    for (Position sent = 1; sent <= last; ++sent) {
      const auto& change = changes[sent % changes.size()];
      socket.send(zmq::buffer(change.topic), zmq::send_flags::sndmore);
      socket.send(zmq::buffer(change.header), zmq::send_flags::sndmore);
      socket.send(zmq::buffer(change.payload), zmq::send_flags::none);
      if (sent % looks_every == 0) listener.wait(sent, most_on_the_way);
    }
    listener.wait(last, 0);
  });
}

std::vector<projector::ChangeFrames> changes_of(const store::Log& log, const events::KnownKeys& known, Position last) {
  projector::Names names(log, known);
  std::vector<projector::ChangeFrames> changes;
  store::for_each_record(log, 1, std::min<Position>(last, raw_changes), [&](events::schema::Record::Reader record) {
    changes.push_back(projector::change_of(record, Encoding::capnp, log.id(), 0, names.told(record)));
    return true;
  });
  return changes;
}

std::string request_from(Position from) {
  capnp::MallocMessageBuilder message;
  auto wanted = message.initRoot<events::schema::ReplayRequest>().initRead();
  wanted.setFrom(from);
  wanted.setLimit(asked_at_once);
  return events::encode(message.getRoot<events::schema::ReplayRequest>().asReader(), Encoding::capnp);
}

// Where to go on, by an answer that holds a chunk.
Position next_in(const zmq::message_t& answer) {
  const auto message = events::read_message(answer.to_string_view(), Encoding::capnp,
                                            capnp::Schema::from<events::schema::ReplayAnswer>());
  if (!message || !message->root<events::schema::ReplayAnswer>().isChunk())
    throw events::Failure(events::Exit::failure, "the replay socket answers no chunk");
  return message->root<events::schema::ReplayAnswer>().getChunk().getNext();
}

// Asks ahead: while a chunk is on its way, the one behind it is made.
double seconds_to_catch_up(const std::string& endpoint, Position last) {
  zmq::context_t context;
  zmq::socket_t peer(context, zmq::socket_type::dealer);
  peer.set(zmq::sockopt::rcvtimeo, static_cast<int>(std::chrono::milliseconds(longest_silence).count()));
  peer.set(zmq::sockopt::linger, 0);
  peer.connect(endpoint);
  const auto ask = [&](Position from) {
    peer.send(zmq::str_buffer("t"), zmq::send_flags::sndmore);
    peer.send(zmq::buffer(events::encoding_frame(Encoding::capnp)), zmq::send_flags::sndmore);
    peer.send(zmq::buffer(request_from(from)), zmq::send_flags::none);
  };
  size_t bytes = 0;
  const double seconds = seconds_of([&] {
    zmq::message_t frame;
    std::deque<Position> open;
    for (Position next = 1, to_ask = 1; next <= last;) {
      for (; open.size() < asked_ahead && to_ask <= last; to_ask += asked_at_once) {
        ask(to_ask);
        open.push_back(to_ask);
      }
      for (size_t i = 0; i < frames_before_changes; ++i)
        if (!peer.recv(frame)) throw events::Failure(events::Exit::failure, "the replay socket does not answer");
      const Position from = open.front();
      open.pop_front();
      const bool is_wanted = from == next;  // else a chunk before ended early
      if (is_wanted) next = next_in(frame);
      if (is_wanted && next != from + asked_at_once) to_ask = next;
      while (frame.more()) {
        static_cast<void>(peer.recv(frame));
        if (is_wanted) bytes += frame.size();
      }
    }
  });
  CATLOG_CHECK(bytes > last);
  return seconds;
}

}  // namespace

void Figures::feed() {
  const auto& data = long_log(counts_.shorter_log).data();
  const auto log = store::Log::open(data / "log", store::Access::read);
  const Position last = std::min<Position>(counts_.rebuilt, log.head());
  const auto events = static_cast<double>(last);
  const auto endpoint = "ipc://" + (scratch_ / "feed.ipc").string();
  const auto states = store::StateStore::open(data / "state", log.id(), store::Access::read);
  const auto known = commandhandler::known_keys(states);
  const double raw = seconds_to_send(changes_of(log, known, last), last, endpoint);
  const double published = seconds_to_publish(log, known, last, endpoint);
  table_.add({"feed to one subscriber, Cap'n Proto: events/s", "plain PUB/SUB, same frames", "0.4 of raw"},
             events / published, events / raw);
  zmq::context_t context;
  projector::ReplayLoop loop(
      log, data, context, [last] { return last; }, {}, known);
  events::Stop stop;
  std::jthread serving([&] { loop.run(stop); });
  const double caught_up = seconds_to_catch_up(events::endpoint_in(data, "replay.ipc"), last);
  stop.set();
  serving.join();
  table_.add({"catching up from the replay socket, Cap'n Proto: events/s", "plain PUB/SUB, same frames", "500,000"},
             events / caught_up, events / raw);
}

}  // namespace catlog::bench
