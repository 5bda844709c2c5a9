#include "tests/bench/load.h"

#include "events/codec/message.h"
#include "events/schema/vocabulary.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/bus/pack_frame.h"
#include "events/error.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

using events::Exit;
using events::Failure;
using events::Position;

constexpr std::chrono::milliseconds poll_wait{1'000}, shortest_poll{1};
constexpr int64_t silence_limit_ns = 30'000'000'000;
constexpr size_t max_receipt_words = 1'024;

// 0: not accepted.
Position read_json_receipt(std::string_view body) {
  constexpr std::string_view key = "\"lastPosition\":";
  auto at = body.find(key);
  if (body.find("\"accepted\":") == std::string_view::npos || at == std::string_view::npos) return 0;
  Position position = 0;
  std::from_chars(body.data() + at + key.size(), body.data() + body.size(), position);
  return position;
}

Position read_capnp_receipt(std::string_view body) {
  std::array<capnp::word, max_receipt_words> words;
  if (body.size() > sizeof words || body.size() % sizeof(capnp::word) != 0) return 0;
  std::memcpy(words.data(), body.data(), body.size());
  capnp::FlatArrayMessageReader reader(kj::arrayPtr(words.data(), body.size() / sizeof(capnp::word)));
  auto receipt = reader.getRoot<events::schema::Receipt>();
  return receipt.isAccepted() ? receipt.getAccepted().getLastPosition() : 0;
}

// All clients of one load.
class Clients {
 public:
  Clients(const std::string& endpoint, Shape shape, const Bodies& bodies, Encoding encoding, const Prepare& prepare)
      : bodies_(bodies), encoding_(encoding), pack_(shape.pack), next_(shape.clients) {
    result_.commands.resize(bodies.size());
    for (size_t client = 0; client < shape.clients; ++client) {
      next_[client] = client;
      auto& socket = sockets_.emplace_back(context_, zmq::socket_type::dealer);
      if (prepare) prepare(socket);
      events::connect(socket, endpoint);
    }
    for (auto& socket : sockets_) polled_.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
  }

  // The next command of each client is sent when its time has come, whatever was answered: they wait as others do.
  LoadResult run_paced(size_t per_second, const Interrupt& interrupt) {
    const int64_t begin_ns = now_ns();
    size_t sent = 0;
    for (int64_t heard_ns = begin_ns; answered_ < bodies_.size();) {
      const size_t before = answered_;
      const double due = static_cast<double>(now_ns() - begin_ns) / 1e9 * static_cast<double>(per_second);
      for (; sent < bodies_.size() && static_cast<double>(sent) < due; ++sent) send(sent % sockets_.size());
      for (size_t client = 0; client < sockets_.size(); ++client)
        while (polled_[client].revents != 0 && receive(client)) {
        }
      interrupt.check();
      if (answered_ != before) heard_ns = now_ns();
      check_silence(heard_ns);
      zmq::poll(polled_, shortest_poll);
    }
    result_.seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
    return std::move(result_);
  }

  LoadResult run(size_t window, const Interrupt& interrupt) {
    int64_t begin_ns = now_ns();
    for (size_t i = 0; i < window / pack_; ++i)
      for (size_t client = 0; client < sockets_.size(); ++client) send(client);
    for (int64_t heard_ns = begin_ns; answered_ < bodies_.size();) {
      size_t before = answered_;
      for (size_t client = 0; client < sockets_.size(); ++client)
        while (receive(client)) send(client);
      if (answered_ != before) continue;
      interrupt.check();
      if (zmq::poll(polled_, poll_wait) > 0) heard_ns = now_ns();
      check_silence(heard_ns);
    }
    result_.seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
    return std::move(result_);
  }

 private:
  void check_silence(int64_t heard_ns) const {
    if (now_ns() - heard_ns > silence_limit_ns)
      throw Failure(Exit::failure, fmt::format("{} of {} commands were answered, then nothing came for {} s", answered_,
                                               bodies_.size(), silence_limit_ns / 1'000'000'000));
  }
  void send(size_t client) {
    const uint64_t tag = pack_ * next_[client];  // the first of the pack
    if (tag >= bodies_.size()) return;
    next_[client] += sockets_.size();
    const std::span pack(&bodies_[tag], std::min(pack_, bodies_.size() - tag));
    for (size_t i = 0; i < pack.size(); ++i) result_.commands[tag + i].sent_ns = now_ns();
    auto& socket = sockets_[client];
    socket.send(zmq::buffer(&tag, sizeof tag), zmq::send_flags::sndmore);
    socket.send(zmq::buffer(events::encoding_frame(encoding_)), zmq::send_flags::sndmore);
    if (pack_ == 1) {
      socket.send(zmq::buffer(pack.front()), zmq::send_flags::none);
      return;
    }
    std::string together;
    std::vector<uint32_t> lengths;
    for (const auto& body : pack) {
      together += body;
      lengths.push_back(static_cast<uint32_t>(body.size()));
    }
    socket.send(zmq::buffer(together), zmq::send_flags::sndmore);
    socket.send(zmq::message_t(), zmq::send_flags::sndmore);
    socket.send(zmq::buffer(events::write_pack_frame(lengths)), zmq::send_flags::none);
  }

  bool receive(size_t client) {
    auto& socket = sockets_[client];
    if (!socket.recv(frame_, zmq::recv_flags::dontwait)) return false;
    uint64_t tag = UINT64_MAX;
    if (frame_.size() == sizeof tag) std::memcpy(&tag, frame_.data(), sizeof tag);
    zmq::message_t receipts;
    while (frame_.more()) {
      receipts = std::move(frame_);
      frame_ = zmq::message_t();
      static_cast<void>(socket.recv(frame_));
    }
    if (pack_ == 1) {
      take(tag, frame_.to_string_view());
      return true;
    }
    const auto lengths = events::parse_receipt_lengths(frame_.to_string_view(), receipts.size());
    if (!lengths) not_accepted(frame_.to_string_view());
    auto left = receipts.to_string_view();
    for (const uint32_t length : *lengths) {
      take(tag++, left.substr(0, length));
      left.remove_prefix(length);
    }
    return true;
  }

  void take(uint64_t tag, std::string_view body) {
    CATLOG_CHECK(tag < result_.commands.size());
    auto& command = result_.commands[tag];
    command.answered_ns = now_ns();
    command.last_position = encoding_ == Encoding::json ? read_json_receipt(body) : read_capnp_receipt(body);
    if (command.last_position == 0) not_accepted(body);
    ++answered_;
  }

  [[noreturn]] void not_accepted(std::string_view body) const {
    auto receipt = events::read_message(body, encoding_, capnp::Schema::from<events::schema::Receipt>());
    auto text = receipt ? events::encode(receipt->root<events::schema::Receipt>(), Encoding::json) : "unreadable";
    throw Failure(Exit::failure, "a command was not accepted: " + text);
  }

  const Bodies& bodies_;
  Encoding encoding_;
  size_t pack_;
  std::vector<size_t> next_;  // by client: the pack that it sends next
  zmq::context_t context_;
  std::vector<zmq::socket_t> sockets_;
  std::vector<zmq::pollitem_t> polled_;
  zmq::message_t frame_;
  size_t answered_ = 0;
  LoadResult result_;
};

}  // namespace

double LoadResult::latency_us(double fraction) const {
  std::vector<double> values;
  for (const auto& command : commands) values.push_back(command.us());
  return percentile(values, fraction);
}

Position LoadResult::first_position() const {
  Position first = UINT64_MAX;
  for (const auto& command : commands) first = std::min(first, command.last_position);
  return first;
}

Position LoadResult::last_position() const {
  Position last = 0;
  for (const auto& command : commands) last = std::max(last, command.last_position);
  return last;
}

std::string free_endpoint(const std::string& address) {
  zmq::context_t context;
  zmq::socket_t probe(context, zmq::socket_type::router);
  probe.bind("tcp://" + address + ":*");
  return probe.get(zmq::sockopt::last_endpoint);
}

LoadResult send_all(const std::string& endpoint, Shape shape, const Bodies& bodies, Encoding encoding,
                    const Interrupt& interrupt, const Prepare& prepare, size_t per_second) {
  Clients clients(endpoint, shape, bodies, encoding, prepare);
  return per_second == 0 ? clients.run(shape.window, interrupt) : clients.run_paced(per_second, interrupt);
}

}  // namespace catlog::bench
