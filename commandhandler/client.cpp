#include "commandhandler/client.h"

#include "events/vocabulary.h"

#include <cstring>
#include <deque>

#include <fmt/format.h>

#include "commandhandler/receipt.h"
#include "events/bus.h"
#include "events/error.h"
#include "events/uuid.h"

namespace catlog::commandhandler {
namespace {

using events::Encoding;
using events::Exit;
using events::Failure;

}  // namespace

struct Client::State {
  struct Sent {
    uint64_t tag = 0;
    OnReceipt on_receipt;
  };

  State(const std::string& to, ClientOptions with)
      : endpoint(to), options(with), socket(events::connect_socket(context, zmq::socket_type::dealer, to)) {
    socket.set(zmq::sockopt::sndtimeo, static_cast<int>(options.timeout.count()));
    socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(options.timeout.count()));
  }

  [[noreturn]] void unreachable() const {
    throw Failure(Exit::unreachable,
                  fmt::format("nothing answers on {} for {} ms; is catlogd running? Start it with: catlogd --data DIR",
                              endpoint, options.timeout.count()));
  }

  void send(std::string_view body, Encoding encoding, OnReceipt on_receipt) {
    while (waiting.size() >= options.window) receive();
    auto tag = next_tag++;
    bool sent = socket.send(zmq::buffer(&tag, sizeof tag), zmq::send_flags::sndmore).has_value() &&
                socket.send(zmq::buffer(events::encoding_frame(encoding)), zmq::send_flags::sndmore).has_value() &&
                socket.send(zmq::buffer(body), zmq::send_flags::none).has_value();
    if (!sent) unreachable();
    waiting.push_back({tag, std::move(on_receipt)});
  }

  void receive() {
    std::vector<zmq::message_t> frames;
    do {
      zmq::message_t frame;
      if (!socket.recv(frame)) unreachable();
      frames.push_back(std::move(frame));
    } while (frames.back().more());
    // Tags come back in the order in which they were sent; anything else is no answer of ours.
    uint64_t tag = 0;
    if (frames.size() != 3 || frames[0].size() != sizeof tag) return;
    std::memcpy(&tag, frames[0].data(), sizeof tag);
    if (waiting.empty() || waiting.front().tag != tag) return;
    auto on_receipt = std::move(waiting.front().on_receipt);
    waiting.pop_front();
    auto encoding = events::parse_encoding(frames[1].to_string_view()).value_or(Encoding::json);
    auto receipt = events::read_message(frames[2].to_string_view(), encoding, capnp::Schema::from<schema::Receipt>());
    if (!receipt) throw Failure(Exit::failure, fmt::format("the receipt cannot be read: {}", receipt.error().message));
    on_receipt(receipt->root<schema::Receipt>());
  }

  std::string endpoint;
  ClientOptions options;
  zmq::context_t context;
  zmq::socket_t socket;
  std::deque<Sent> waiting;
  uint64_t next_tag = 1;
};

Client::Client(const std::string& endpoint, ClientOptions options)
    : state_(std::make_unique<State>(endpoint, options)) {}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

void Client::send(schema::Command::Builder command, OnReceipt on_receipt) {
  if (command.getId().size() == 0) command.setId(events::to_string(events::new_uuid()));
  send(events::encode(command.asReader(), Encoding::capnp, events::Secrets::shown), Encoding::capnp,
       std::move(on_receipt));
}

void Client::send(std::string_view body, Encoding encoding, OnReceipt on_receipt) {
  if (body.size() <= events::max_frame_bytes) return state_->send(body, encoding, std::move(on_receipt));
  finish();  // receipts are handed over in order
  auto receipt = Receipt::refused(
      "", {RefusalCode::TOO_LARGE, "", fmt::format("a message has at most {} bytes", events::max_frame_bytes)});
  auto message =
      events::read_message(encode(receipt, Encoding::capnp), Encoding::capnp, capnp::Schema::from<schema::Receipt>());
  CATLOG_CHECK(message);
  on_receipt(message->root<schema::Receipt>());
}

void Client::finish() {
  while (!state_->waiting.empty()) state_->receive();
}

}  // namespace catlog::commandhandler
