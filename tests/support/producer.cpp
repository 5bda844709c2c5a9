#include "tests/support/producer.h"

#include <algorithm>

#include <simdjson.h>
#include <zmq.hpp>

#include "events/bus/bus.h"
#include "tests/support/data_directory.h"

namespace catlog::tests {
namespace {

using std::chrono::steady_clock;

void send_line(zmq::socket_t& socket, size_t number, const std::string& line) {
  const std::string tag = std::to_string(number);
  socket.send(zmq::buffer(tag), zmq::send_flags::sndmore);
  socket.send(zmq::str_buffer("j"), zmq::send_flags::sndmore);
  socket.send(zmq::buffer(line), zmq::send_flags::none);
}

// Tag, encoding, receipt; nothing when none came.
std::vector<std::string> next_answer(zmq::socket_t& socket, zmq::recv_flags flags) {
  std::vector<std::string> frames;
  for (bool more = true; more; flags = zmq::recv_flags::none) {
    zmq::message_t frame;
    if (!socket.recv(frame, flags)) return {};
    more = frame.more();
    frames.push_back(frame.to_string());
  }
  return frames;
}

std::string unquoted(const std::string& json) { return json.substr(1, json.size() - 2); }

void add(const Row& receipt, Acknowledged& all) {
  if (receipt.contains("accepted")) {
    const Row accepted = read_row(receipt.at("accepted"));
    all[unquoted(receipt.at("id"))] = {std::stoull(accepted.at("firstPosition")),
                                       std::stoull(accepted.at("lastPosition"))};
  }
  if (!receipt.contains("receipts")) return;
  simdjson::dom::parser parser;
  for (auto inner : parser.parse(receipt.at("receipts")).get_array()) add(read_row(simdjson::minify(inner)), all);
}

}  // namespace

Producer::Ended Producer::send_rest(const std::filesystem::path& data, std::chrono::milliseconds patience,
                                    const std::function<bool()>& is_over) {
  zmq::context_t context;
  auto socket = events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(data, "commands.ipc"));
  socket.set(zmq::sockopt::rcvtimeo, 1);
  auto heard = steady_clock::now();
  for (size_t next = 0, waiting = 0;;) {
    for (; next < lines_.size() && waiting < window_; ++next) {
      if (receipts_[next]) continue;
      send_line(socket, next, lines_[next]);
      ++waiting;
    }
    for (auto frames = next_answer(socket, zmq::recv_flags::none); !frames.empty();
         frames = next_answer(socket, zmq::recv_flags::dontwait)) {
      take(std::stoull(frames.at(0)), frames.at(2));
      --waiting;
      heard = steady_clock::now();
    }
    if (is_over()) return Ended::over;
    if (waiting == 0 && next == lines_.size()) return Ended::answered;
    if (steady_clock::now() - heard > patience) return Ended::silent;
  }
}

void Producer::take(size_t line, const std::string& receipt) {
  const bool is_refused = receipt.find("\"refused\"") != std::string::npos;
  const std::lock_guard lock(mutex_);
  if (is_refused && receipt.find("\"storageFull\"") != std::string::npos) {
    ++refused_;
    return;
  }
  if (is_refused || receipts_.at(line)) unexpected_.push_back(receipt);
  receipts_[line] = receipt;
  ++answered_;
  progress_.notify_all();
}

size_t Producer::answered() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

size_t Producer::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool Producer::wait_for(size_t answered, std::chrono::microseconds longest) {
  std::unique_lock lock(mutex_);
  return progress_.wait_for(lock, longest, [&] { return answered_ >= std::min(answered, lines_.size()); });
}

Acknowledged Producer::acknowledged() const {
  Acknowledged all;
  for (const auto& receipt : receipts_)
    if (receipt) add(read_row(*receipt), all);
  return all;
}

events::Position Producer::last_acknowledged() const {
  events::Position last = 0;
  for (const auto& [id, positions] : acknowledged()) last = std::max(last, positions.second);
  return last;
}

}  // namespace catlog::tests
