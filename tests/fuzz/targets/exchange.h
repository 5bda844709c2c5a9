#pragma once
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "events/bus/bus.h"

namespace catlog::tests {

constexpr std::chrono::milliseconds long_wait{20'000};  // then something is wrong
constexpr size_t most_frames = 12;

// The lines of a text, at least one: the frames of a message.
inline std::vector<std::string> frames_of_lines(std::string_view text) {
  std::vector<std::string> frames;
  do {
    const std::string_view line = text.substr(0, text.find('\n'));
    frames.emplace_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  } while (!text.empty() && frames.size() < most_frames);
  return frames;
}

// Somebody who sends any frames and waits for the answer.
class Peer {
 public:
  Peer(zmq::context_t& context, const std::string& endpoint)
      : socket_(events::connect_socket(context, zmq::socket_type::dealer, endpoint)) {
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(long_wait.count()));
    socket_.set(zmq::sockopt::sndtimeo, static_cast<int>(long_wait.count()));
  }
  void send(const std::vector<std::string>& frames) {
    for (size_t i = 0; i < frames.size(); ++i)
      static_cast<void>(socket_.send(zmq::buffer(frames[i]),
                                     i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none));
  }
  // None: there was none in time.
  std::vector<std::string> receive() {
    std::vector<std::string> frames;
    for (bool more = true; more;) {
      zmq::message_t frame;
      if (!receive(frame)) return {};
      more = frame.more();
      frames.push_back(frame.to_string());
    }
    return frames;
  }

 private:
  // libFuzzer looks at its watch by a signal.
  bool receive(zmq::message_t& frame) {
    for (;;) try {
        return socket_.recv(frame).has_value();
      } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) throw;
      }
  }

  zmq::socket_t socket_;
};

}  // namespace catlog::tests
