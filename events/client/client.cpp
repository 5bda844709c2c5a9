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
#include "events/bus/session_frame.h"
#include "events/codec/message.h"
#include "events/codec/receipt.h"
#include "events/error.h"
#include "events/position.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

constexpr std::chrono::milliseconds no_leader_pause{100};  // machines elect in a second or two

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
  // Which of the commands, and which of the times that all was sent, an answer is to.
  struct Tag {
    uint64_t number = 0, round = 0;
  };

  State(const std::string& to, ClientOptions with)
      : endpoint(to),
        options(with),
        connection(context, to, with.window, with.keys),
        silence(with.timeout),
        since_sent(with.ask_again) {}

  [[noreturn]] void give_up() const {
    throw Failure(
        Exit::unreachable,
        fmt::format("nothing answers on {} for {} s: {} commands were answered, {} have no answer and may have "
                    "been carried out or not; send those again with the same ids when catlogd runs "
                    "(catlogd --data DIR){}",
                    endpoint, static_cast<double>(options.timeout.count()) / 1e3, answered, waiting.size(),
                    passed_over));
  }

  void send(std::string_view body, Encoding encoding, OnReceipt on_receipt) {
    while (waiting.size() >= options.window) receive();
    if (waiting.empty()) begin_silence();
    waiting.push_back({next_number++, std::string(body), encoding, std::move(on_receipt), false});
    transmit(waiting.back(), {});
  }

  void begin_silence() {
    silence.begin();
    since_sent.begin();
  }

  void transmit(Sent& sent, std::vector<Uuid> behind) {
    const Tag tag{sent.number, round};
    const SessionFrame frame{session, sent.number, waiting.front().number, last_position, std::move(behind)};
    sent.was_sent = sent.was_sent || connection.is_up();
    connection.send({{reinterpret_cast<const char*>(&tag), sizeof tag},
                     encoding_frame(sent.encoding),
                     sent.body,
                     write_session_frame(frame)});
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
    for (Sent& sent : waiting) transmit(sent, std::exchange(behind, {}));
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
    const auto came = connection.wait(std::min(silence.step(), since_sent.step()));
    silence.look();
    since_sent.look();
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
        return take(connection.receive());
    }
  }

  void take(const std::vector<zmq::message_t>& frames) {
    // Anything but an answer to what is open is a second one, or none of ours.
    Tag tag;
    if (frames.size() != 3 || frames[0].size() != sizeof tag) return;
    std::memcpy(&tag, frames[0].data(), sizeof tag);
    if (waiting.empty() || tag.number < waiting.front().number || tag.number > waiting.back().number) return;
    auto encoding = parse_encoding(frames[1].to_string_view()).value_or(Encoding::json);
    auto receipt =
        read_message(frames[2].to_string_view(), encoding, capnp::Schema::from<schema::Receipt>(), Fields::known);
    if (!receipt) throw Failure(Exit::failure, fmt::format("the receipt cannot be read: {}", receipt.error().message));
    const auto root = receipt->root<schema::Receipt>();
    const auto is_refused_as = [root](schema::RefusalCode code) {
      return root.isRefused() && root.getRefused().getCode() == code;
    };
    if (options.follows_leader && is_refused_as(schema::RefusalCode::NOT_LEADER)) {
      if (tag.round == round) go_to(root.getRefused());  // once, as below
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
    on_receipt(root);
    begin_silence();  // what it was busy with, a full pipe say, is no time in which nobody answered
  }

  std::string endpoint;
  ClientOptions options;
  zmq::context_t context;
  Connection connection;
  std::deque<Sent> waiting;  // sent, or to be sent over the next connection; their numbers have no gaps
  Silence silence;           // since the last receipt, or since the first of those that wait was sent
  Silence since_sent;        // the same, or since all was sent again
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

}  // namespace catlog::events
