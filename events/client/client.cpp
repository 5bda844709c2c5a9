#include "events/client/client.h"

#include "events/schema/vocabulary.h"

#include <cstring>
#include <deque>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/bus/connection.h"
#include "events/codec/message.h"
#include "events/codec/receipt.h"
#include "events/error.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

void give_ids(schema::Command::Builder command) {
  if (command.getId().size() == 0) command.setId(to_string(new_uuid()));
  if (!command.isBatch()) return;
  for (auto member : command.getBatch().getCommands()) give_ids(member);
}

}  // namespace

struct Client::State {
  struct Sent {
    uint64_t tag = 0;
    std::string body;
    Encoding encoding;
    OnReceipt on_receipt;
  };

  State(const std::string& to, ClientOptions with)
      : endpoint(to), options(with), connection(context, to, with.window), silence(with.timeout) {}

  [[noreturn]] void give_up() const {
    throw Failure(
        Exit::unreachable,
        fmt::format("nothing answers on {} for {} s: {} commands were answered, {} have no answer and may have "
                    "been carried out or not; send those again with the same ids when catlogd runs "
                    "(catlogd --data DIR)",
                    endpoint, static_cast<double>(options.timeout.count()) / 1e3, answered, waiting.size()));
  }

  void send(std::string_view body, Encoding encoding, OnReceipt on_receipt) {
    while (waiting.size() >= options.window) receive();
    if (waiting.empty()) silence.begin();
    waiting.push_back({next_tag++, std::string(body), encoding, std::move(on_receipt)});
    transmit(waiting.back());
  }

  void transmit(const Sent& sent) {
    connection.send(
        {{reinterpret_cast<const char*>(&sent.tag), sizeof sent.tag}, encoding_frame(sent.encoding), sent.body});
  }

  // One receipt, or a new connection, over which everything goes again that has none: in order, before anything else.
  void receive() {
    const auto came = connection.wait(silence.step());
    silence.look();
    switch (came) {
      case Connection::Came::nothing:
        if (silence.is_too_long()) give_up();
        return;
      case Connection::Came::connection:
        for (const Sent& sent : waiting) transmit(sent);
        return;
      case Connection::Came::answer:
        return take(connection.receive());
    }
  }

  void take(const std::vector<zmq::message_t>& frames) {
    // Tags come back in the order in which they were sent; anything else is no answer of ours.
    uint64_t tag = 0;
    if (frames.size() != 3 || frames[0].size() != sizeof tag) return;
    std::memcpy(&tag, frames[0].data(), sizeof tag);
    if (waiting.empty() || waiting.front().tag != tag) return;
    auto on_receipt = std::move(waiting.front().on_receipt);
    waiting.pop_front();
    ++answered;
    auto encoding = parse_encoding(frames[1].to_string_view()).value_or(Encoding::json);
    auto receipt = read_message(frames[2].to_string_view(), encoding, capnp::Schema::from<schema::Receipt>());
    if (!receipt) throw Failure(Exit::failure, fmt::format("the receipt cannot be read: {}", receipt.error().message));
    on_receipt(receipt->root<schema::Receipt>());
    silence.begin();  // what it was busy with, a full pipe say, is no time in which nobody answered
  }

  std::string endpoint;
  ClientOptions options;
  zmq::context_t context;
  Connection connection;
  std::deque<Sent> waiting;  // sent, or to be sent over the next connection
  Silence silence;           // since the last receipt, or since the first of those that wait was sent
  uint64_t next_tag = 1;
  uint64_t answered = 0;
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
