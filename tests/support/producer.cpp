#include "tests/support/producer.h"

#include <algorithm>
#include <map>

#include <simdjson.h>
#include <zmq.hpp>

#include "events/bus/bus.h"
#include "tests/support/data_directory.h"
#include "tests/support/packs.h"

namespace catlog::tests {
namespace {

using std::chrono::steady_clock;

// The tag is the number of the first one's line.
void send_lines(zmq::socket_t& socket, const std::vector<std::string>& all, const std::vector<size_t>& numbers) {
  const std::string tag = std::to_string(numbers.front());
  if (numbers.size() == 1) return send(socket, {tag, "j", all[numbers.front()]});
  std::vector<std::string> lines;
  for (const size_t number : numbers) lines.push_back(all[number]);
  send(socket, pack_of(lines, tag));
}

// Tag, encoding, receipt or a pack's; nothing when none came.
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
  std::map<size_t, std::vector<size_t>> sent;  // lines by the first one of their message
  for (size_t next = 0, waiting = 0;;) {
    while (next < lines_.size() && waiting < window_) {
      std::vector<size_t> together;
      for (; next < lines_.size() && together.size() < std::min(pack_, window_ - waiting); ++next)
        if (!receipts_[next]) together.push_back(next);
      if (together.empty()) break;
      send_lines(socket, lines_, together);
      waiting += together.size();
      sent[together.front()] = std::move(together);
    }
    for (auto frames = next_answer(socket, zmq::recv_flags::none); !frames.empty();
         frames = next_answer(socket, zmq::recv_flags::dontwait)) {
      const auto& lines = sent.at(std::stoull(frames.at(0)));
      const auto receipts = frames.size() == 3 ? std::vector{frames[2]} : receipts_in(frames);
      for (size_t i = 0; i < lines.size(); ++i) take(lines[i], receipts.at(i));
      waiting -= lines.size();
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
