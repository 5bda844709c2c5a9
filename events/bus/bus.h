#pragma once
#include <atomic>
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

constexpr std::string_view head_topic = "head/";  // under which the feed tells how far it is

// "json/movies/42/", the topic of one stream.
std::string topic_of(Encoding encoding, std::string_view table, int64_t id);

// The endpoint of a socket in run/: "ipc:///data/run/commands.ipc". Throws Failure(usage) when the path is longer than
// max_ipc_path_bytes.
std::string endpoint_in(const DataDirectory& data, std::string_view name);
// How many messages wait for one peer, before more are dropped or the peer is made to wait.
struct Queues {
  int sent = 1'000, received = 1'000;  // ZeroMQ's own
};
// Makes a socket that is to be bound, with these queues, max_frame_bytes and no lingering.
zmq::socket_t make_server(zmq::context_t& context, zmq::socket_type type, Queues queues);
// Binds it, under the limits of connections.h; `inbox`: for a socket whose messages the program receives, which tells
// it of each. Throws Failure(failure) that names the endpoint.
void bind(zmq::socket_t& socket, const std::string& endpoint, const Inbox* inbox = nullptr,
          Speech speech = Speech::plain);
// Both.
zmq::socket_t bind_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint,
                          Queues queues = {}, const Inbox* inbox = nullptr);
// Connects with the same frame limit and no lingering; the caller sets what else it wants before. Throws Failure(usage)
// that names the endpoint.
void connect(zmq::socket_t& socket, const std::string& endpoint);
zmq::socket_t connect_socket(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint);

// Sends one frame of a message, which is dropped when the peer cannot take it.
void send_frame(zmq::socket_t& socket, std::string_view frame, zmq::send_flags flags);

// The signal to stop, for threads and loops: once it is set, fd() can be read for ever. Threads: any; set() may be
// called in a signal handler.
class Stop {
 public:
  Stop();
  ~Stop();
  Stop(const Stop&) = delete;
  void set() noexcept;
  bool is_set() const { return is_set_.load(std::memory_order_acquire); }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::atomic<bool> is_set_ = false;
};

}  // namespace catlog::events
