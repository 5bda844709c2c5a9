#pragma once
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <zmq.hpp>

#include "events/bus/bus.h"
#include "events/codec/json.h"
#include "events/encoding.h"
#include "events/error.h"

// What tests of the bus share: loops in threads, and peers that know no more than frames.
namespace catlog::tests {

constexpr std::chrono::milliseconds long_enough{60'000};  // a test fails when it waits so long

// Runs a loop's run() in a thread until this object goes, or stop() is called.
template <class Loop>
class Running {
 public:
  explicit Running(Loop& loop)
      : thread_([this, &loop] {
          try {
            loop.run(stop_);
          } catch (...) {
            failure_ = events::current_failure();
          }
          has_ended_ = true;
        }) {}
  ~Running() {
    stop_.set();
    if (thread_.joinable()) thread_.join();
  }
  // Throws what left run().
  void stop() {
    stop_.set();
    wait();
  }
  bool has_ended() const { return has_ended_; }
  void wait() {
    thread_.join();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  events::Stop stop_;
  std::exception_ptr failure_;
  std::atomic<bool> has_ended_ = false;
  std::thread thread_;
};

// The frames of the next message; none when there was none in time.
inline std::vector<std::string> receive(zmq::socket_t& socket, std::chrono::milliseconds timeout = long_enough) {
  socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(timeout.count()));
  std::vector<std::string> frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket.recv(frame)) return {};
    more = frame.more();
    frames.push_back(frame.to_string());
  }
  return frames;
}

inline void send(zmq::socket_t& socket, const std::vector<std::string>& frames) {
  for (size_t i = 0; i < frames.size(); ++i)
    socket.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

// Three peers ask at once, each with as many requests open as it is allowed: whether each gets every answer, in order.
inline bool all_are_answered(zmq::context_t& context, const std::string& endpoint, int unanswered) {
  constexpr int peers = 3, requests = 20'000;
  std::atomic<bool> is_missing = false;
  const auto ask_all = [&] {
    auto socket = events::connect_socket(context, zmq::socket_type::dealer, endpoint);
    socket.set(zmq::sockopt::sndtimeo, static_cast<int>(long_enough.count()));
    for (int asked = 0, answered = 0; answered < requests && !is_missing; ++answered) {
      for (; asked < requests && asked < answered + unanswered; ++asked)
        send(socket, {std::to_string(asked), "j", "no request"});
      const auto frames = receive(socket);
      if (frames.size() != 3 || frames[0] != std::to_string(answered)) is_missing = true;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < peers; ++i) threads.emplace_back(ask_all);
  for (auto& thread : threads) thread.join();
  return !is_missing;
}

// A struct of the vocabulary, read from a frame.
template <class Struct>
class Parsed {
 public:
  Parsed(const std::string& frame, events::Encoding encoding) {
    if (encoding == events::Encoding::json) {
      auto read = events::read_json(frame, message_.initRoot<Struct>(), events::Fields::all);
      BOOST_TEST_REQUIRE(read.has_value(), frame);
      return;
    }
    BOOST_TEST_REQUIRE(frame.size() % sizeof(capnp::word) == 0u);
    auto words = kj::heapArray<capnp::word>(frame.size() / sizeof(capnp::word));
    std::copy(frame.begin(), frame.end(), words.asBytes().begin());
    capnp::FlatArrayMessageReader reader(words);
    message_.setRoot(reader.getRoot<Struct>());
  }
  typename Struct::Reader operator*() { return message_.getRoot<Struct>().asReader(); }

 private:
  capnp::MallocMessageBuilder message_;
};

}  // namespace catlog::tests
