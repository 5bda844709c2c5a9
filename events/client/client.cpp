#include "events/client/client.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/bus/connection.h"
#include "events/bus/pack_frame.h"
#include "events/bus/session_frame.h"
#include "events/codec/message.h"
#include "events/codec/receipt.h"
#include "events/error.h"
#include "events/position.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

constexpr std::chrono::milliseconds no_leader_pause{100};  // machines elect in a second or two
constexpr std::chrono::milliseconds longest_hold{1};       // then what is held goes with the next one

void give_ids(schema::Command::Builder command) {
  if (command.getId().size() == 0) command.setId(to_string(new_uuid()));
  if (!command.isBatch()) return;
  for (auto member : command.getBatch().getCommands()) give_ids(member);
}

SessionFrame::Id new_session() {
  const Uuid uuid = new_uuid();
  SessionFrame::Id id;
  std::memcpy(id.data(), &uuid, id.size());
  return id;
}

// Of a command that may be anything; 0 when it cannot be read.
Uuid id_of(std::string_view body, Encoding encoding) {
  const auto command = read_command(body, encoding);
  return command ? parse_uuid(command->root<schema::Command>().getId().cStr()).value_or(Uuid()) : Uuid();
}

}  // namespace

struct Client::State {
  struct Sent {
    uint64_t number = 0;
    std::string body;
    Encoding encoding;
    OnReceipt on_receipt;
    bool was_sent = false;  // so that a daemon may have seen it
  };
  // Which of the commands, and which of the times that all was sent, an answer is to; of a pack, to the first of so
  // many.
  struct Tag {
    uint64_t number = 0, round = 0, count = 1;
  };
  // An answer, and what of it is not taken yet.
  struct Answer {
    std::vector<zmq::message_t> frames;
    Tag tag;
    std::vector<uint32_t> lengths;  // of a pack's receipts
    size_t taken = 0, taken_bytes = 0;
    // What another message has.
    void pass_over() {
      while (taken < lengths.size() && lengths[taken] == 0) ++taken;
    }
  };

  State(const std::string& to, ClientOptions with)
      : endpoint(to),
        options(with),
        connection(context, to, with.window, with.keys),
        pack(std::clamp(with.pack, size_t{1}, max_pack_commands)),
        silence(with.timeout),
        since_sent(with.ask_again) {}

  [[noreturn]] void give_up() const {
    const size_t unsent_ones = unsent();
    const std::string fate = unsent_ones == waiting.size() ? ", as they were never sent"
                             : unsent_ones == 0
                                 ? " and may have been carried out or not"
                                 : fmt::format(
                                       ", of which the last {} were never sent, and the others may have been "
                                       "carried out or not",
                                       unsent_ones);
    throw Failure(Exit::unreachable,
                  fmt::format("nothing answers on {} for {} s: {} commands were answered, {} have no answer{}; send "
                              "those again with the same ids when catlogd runs (catlogd --data DIR){}",
                              endpoint, static_cast<double>(options.timeout.count()) / 1e3, answered, waiting.size(),
                              fate, passed_over));
  }

  void send(std::string_view body, Encoding encoding, OnReceipt on_receipt) {
    while (waiting.size() >= options.window) receive();
    if (waiting.empty()) begin_silence();
    waiting.push_back({next_number++, std::string(body), encoding, std::move(on_receipt), false});
    if (++held == 1 && pack > 1) {
      held_since = Silence::Clock::now();
      // Who sends now and then finds here that little is open; not from within a callback, which would nest without
      // end.
      while (!is_in_callback && in_flight() >= pack && take_what_came()) {
      }
    }
    const bool is_old = held > 1 && Silence::Clock::now() - held_since > longest_hold;
    if (held >= pack || in_flight() < pack || is_old) transmit(in_flight(), {});
  }

  size_t in_flight() const { return waiting.size() - held; }
  // Where one was sent, those before it were.
  size_t unsent() const { return static_cast<size_t>(std::ranges::count(waiting, false, &Sent::was_sent)); }

  void begin_silence() {
    silence.begin();
    since_sent.begin();
  }

  // All from there on, of those that wait.
  void transmit(size_t from, std::vector<Uuid> behind) {
    while (from < waiting.size()) {
      const Sent& first = waiting[from];
      size_t count = 1, bytes = first.body.size();
      for (; count < pack && from + count < waiting.size(); ++count) {
        const Sent& next = waiting[from + count];
        if (next.encoding != first.encoding || bytes + next.body.size() > max_pack_bytes) break;
        bytes += next.body.size();
      }
      transmit_together(from, count, std::exchange(behind, {}));
      from += count;
    }
    held = 0;
  }

  void transmit_together(size_t from, size_t count, std::vector<Uuid> behind) {
    const Sent& first = waiting[from];
    const Tag tag{first.number, round, count};
    const std::string_view tag_frame{reinterpret_cast<const char*>(&tag), sizeof tag};
    const auto place =
        write_session_frame({session, first.number, waiting.front().number, last_position, std::move(behind)});
    std::string bodies;
    std::vector<uint32_t> lengths;
    for (size_t i = from; i < from + count; ++i) {
      Sent& sent = waiting[i];
      sent.was_sent = sent.was_sent || connection.is_up();
      if (count == 1) break;
      bodies += sent.body;
      lengths.push_back(static_cast<uint32_t>(sent.body.size()));
    }
    if (count == 1) return connection.send({tag_frame, encoding_frame(first.encoding), first.body, place});
    connection.send({tag_frame, encoding_frame(first.encoding), bodies, place, write_pack_frame(lengths)});
  }

  // All that has no receipt, in order. A daemon that was started meanwhile learns by the ids how far the last one got.
  void send_again() {
    ++round;
    since_sent.begin();
    std::vector<Uuid> behind;
    const size_t told = std::min(waiting.size(), max_session_behind + 1);
    for (size_t i = 1; i < told; ++i)
      behind.push_back(waiting[i].was_sent ? id_of(waiting[i].body, waiting[i].encoding) : Uuid());
    if (waiting.empty() || !waiting.front().was_sent) behind.clear();  // nor was any behind it
    transmit(0, std::move(behind));
  }

  // Another machine writes, by this name, or none does yet; one that names itself does not know yet that it was started
  // again. All that has no receipt goes there when it is connected.
  void go_to(schema::Receipt::Refused::Reader told) {
    ++round;
    const std::string leader = told.getLeader().cStr(), key = told.getLeaderKey().cStr();
    const bool is_another = !leader.empty() && leader != connection.endpoint();
    if (is_another && ClientKeys::may_follow(connection.endpoint(), leader, key, options.keys))
      return connection.move_to(leader);
    if (is_another)
      passed_over = fmt::format(
          "; {} was said to write, to which this client does not go without a key file that has that machine's own "
          "key (bus-keys)",
          leader);
    std::this_thread::sleep_for(no_leader_pause);
    connection.drop();
  }

  // One receipt, or what has none is sent again.
  void receive() {
    options.before_waiting();
    if (answer.taken < answer.lengths.size() || held > 0) {
      if (!take_what_came()) transmit(in_flight(), {});
      return;
    }
    const auto came = connection.wait(std::min(silence.step(), since_sent.step()));
    silence.look();
    since_sent.look();
    handle(came);
  }

  // The same, if there is one; never waits.
  bool take_what_came() {
    if (answer.taken < answer.lengths.size()) {
      take_of_pack();
      return true;
    }
    const auto came = connection.wait(std::chrono::milliseconds(0));
    if (came == Connection::Came::nothing) return false;
    handle(came);
    return true;
  }

  void handle(Connection::Came came) {
    switch (came) {
      case Connection::Came::nothing:
        connection.check_admission();
        if (silence.is_too_long()) give_up();
        if (!since_sent.is_too_long()) return;
        since_sent.begin();
        return connection.drop();
      case Connection::Came::connection:
        return send_again();
      case Connection::Came::answer:
        answer = {connection.receive(), {}, {}, 0, 0};
        return take();
    }
  }

  void take() {
    // Anything but an answer to what is open is a second one, or none of ours.
    const auto& frames = answer.frames;
    Tag& tag = answer.tag;
    if (frames.size() < 3 || frames.size() > 4 || frames[0].size() != sizeof tag) return;
    std::memcpy(&tag, frames[0].data(), sizeof tag);
    if (frames.size() == 3) return take(tag, frames[2].to_string_view());
    auto lengths = parse_receipt_lengths(frames[3].to_string_view(), frames[2].size());
    if (!lengths || lengths->size() != tag.count) return;
    answer.lengths = std::move(*lengths);
    answer.pass_over();
  }

  // One by one, for whoever gets a receipt may send more, and wait for others.
  void take_of_pack() {
    const auto body = answer.frames[2].to_string_view().substr(answer.taken_bytes, answer.lengths[answer.taken]);
    const Tag tag{answer.tag.number + answer.taken, answer.tag.round, 1};
    answer.taken_bytes += body.size();
    ++answer.taken;
    answer.pass_over();
    take(tag, body);
  }

  void take(const Tag& tag, std::string_view body) {
    if (waiting.empty() || !waiting.front().was_sent) return;
    if (tag.number < waiting.front().number || tag.number > waiting.back().number) return;
    const auto encoding = parse_encoding(answer.frames[1].to_string_view()).value_or(Encoding::json);
    auto receipt = read_message(body, encoding, capnp::Schema::from<schema::Receipt>(), Fields::known);
    if (!receipt) throw Failure(Exit::failure, fmt::format("the receipt cannot be read: {}", receipt.error().message));
    const auto root = receipt->root<schema::Receipt>();
    const auto is_refused_as = [root](schema::RefusalCode code) {
      return root.isRefused() && root.getRefused().getCode() == code;
    };
    if (options.follows_leader && is_refused_as(schema::RefusalCode::NOT_LEADER)) {
      if (tag.round == round) go_to(root.getRefused());  // once, as below
      return;
    }
    if (tag.count > 1) {  // about the pack, of which nothing was looked at: by a daemon that knows none
      pack = 1;
      if (tag.round == round) send_again();
      return;
    }
    const bool is_ahead = is_refused_as(schema::RefusalCode::OUT_OF_ORDER);
    if (is_ahead || tag.number != waiting.front().number) {
      if (tag.round == round) send_again();  // once, however many of that time say so
      return;
    }
    auto on_receipt = std::move(waiting.front().on_receipt);
    waiting.pop_front();
    ++answered;
    if (root.isAccepted()) last_position = std::max(last_position, root.getAccepted().getLastPosition());
    const bool was_in_callback = std::exchange(is_in_callback, true);
    on_receipt(root);
    is_in_callback = was_in_callback;
    begin_silence();  // what it was busy with, a full pipe say, is no time in which nobody answered
  }

  std::string endpoint;
  ClientOptions options;
  zmq::context_t context;
  Connection connection;
  std::deque<Sent> waiting;  // sent, or to be sent over the next connection; their numbers have no gaps
  bool is_in_callback = false;
  size_t held = 0;  // the last so many of them wait for a pack to be full
  Silence::Clock::time_point held_since;
  size_t pack;         // of so many commands; 1: none are made
  Answer answer;       // the last one
  Silence silence;     // since the last receipt, or since the first of those that wait was sent
  Silence since_sent;  // the same, or since all was sent again
  const SessionFrame::Id session = new_session();
  Position last_position = 0;  // that a receipt named
  uint64_t next_number = 1;
  uint64_t round = 0;
  uint64_t answered = 0;
  std::string passed_over;  // a leader that is not believed, in words
};

Client::Client(const std::string& endpoint, ClientOptions options)
    : state_(std::make_unique<State>(endpoint, options)) {}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

void Client::send(schema::Command::Builder command, OnReceipt on_receipt) {
  give_ids(command);
  send(encode(command.asReader(), Encoding::capnp, Secrets::shown), Encoding::capnp, std::move(on_receipt));
}

void Client::send(std::string_view body, Encoding encoding, OnReceipt on_receipt) {
  if (body.size() <= max_frame_bytes) return state_->send(body, encoding, std::move(on_receipt));
  finish();  // receipts are handed over in order
  auto receipt = Receipt::refused(
      "", {schema::RefusalCode::TOO_LARGE, "", fmt::format("a message has at most {} bytes", max_frame_bytes)});
  auto message =
      read_message(encode(receipt, Encoding::capnp), Encoding::capnp, capnp::Schema::from<schema::Receipt>());
  CATLOG_CHECK(message);
  on_receipt(message->root<schema::Receipt>());
}

void Client::finish() {
  while (!state_->waiting.empty()) state_->receive();
}

size_t Client::unanswered() const { return state_->waiting.size(); }
size_t Client::unsent() const { return state_->unsent(); }

}  // namespace catlog::events
