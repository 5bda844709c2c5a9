#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "events/bus/connections.h"
#include "events/bus/limits.h"
#include "events/data_directory.h"
#include "events/encoding.h"

namespace catlog::events {

// The one-byte encoding frame: "c" or "j".
std::string_view encoding_frame(Encoding encoding);
std::optional<Encoding> parse_encoding(std::string_view frame);

constexpr std::string_view head_topic = "head/";  // of what tells the feed's head

// "json/movies/42/", the topic of one stream.
std::string topic_of(Encoding encoding, std::string_view table, int64_t id);

// "ipc:///data/run/commands.ipc". Failure(usage) when the path is too long for a socket.
std::string endpoint_in(const DataDirectory& data, std::string_view name);
// How many messages wait for one peer, before more are dropped or the peer is made to wait.
struct Queues {
  int sent = 1'000, received = 1'000;  // ZeroMQ's own
};
// Binds with these limits, max_frame_bytes, those of connections.h, and no lingering. Failure(failure) with the
// endpoint when it cannot.
zmq::socket_t bind_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint,
                          Queues queues = {});
// The same of a socket whose messages the program takes, and tells the inbox of.
zmq::socket_t bind_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, Queues queues,
                          const Inbox& inbox);
// With the same frame limit and no lingering; what else is wanted is set before. Failure(usage) with the endpoint.
void connect(zmq::socket_t& socket, const std::string& endpoint);
zmq::socket_t connect_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint);

// One frame of a message. What the peer cannot take is dropped.
void send_frame(zmq::socket_t& socket, std::string_view frame, zmq::send_flags flags);

// Tells threads and loops to stop: readable for ever once set. Threads: any; set() may be called in a signal handler.
class Stop {
 public:
  Stop();
  ~Stop();
  Stop(const Stop&) = delete;
  void set() noexcept;
  bool is_set() const;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// A doorbell: "something was committed". One frame, newest only; a ring that is lost costs the listener's timer.
class Bell {
 public:
  Bell(zmq::context_t& context, const std::string& endpoint);
  void ring();

 private:
  zmq::socket_t socket_;
};

class BellListener {
 public:
  BellListener(zmq::context_t& context, const std::string& endpoint);
  zmq::socket_t& socket() { return socket_; }
  void drain();

 private:
  zmq::socket_t socket_;
};

}  // namespace catlog::events
