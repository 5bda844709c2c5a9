#pragma once
#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "events/bus/admission.h"
#include "events/bus/client_keys.h"

namespace catlog::events {

// A client's connection to a ROUTER of the daemon (commands.ipc, replay.ipc), made again when it is lost. ZeroMQ's own
// reconnecting would send what it had queued before what was lost is sent again; here a new connection is empty, and
// wait() tells of it, so that the sender can send again, in order, all that is not answered. What had arrived before a
// connection was lost is handed over first.
//
// Threads: one at a time. Lifetime: refers to the context.
class Connection {
 public:
  // `endpoint`: one, or several with commas between them, of the machines of a cluster: where one does not answer, the
  // next is tried. `open`: how many requests the caller leaves unanswered at one time, at most. Does not wait for the
  // connection. Throws Failure(usage) when the endpoint cannot be used.
  Connection(zmq::context_t& context, const std::string& endpoint, size_t open, std::optional<ClientKeys> keys = {});

  enum class Came {
    nothing,
    answer,      // receive() has one
    connection,  // a new one: whatever was sent before, and is not answered, is lost
  };
  // Returns when something came, or the time is over. Makes a connection where there is none.
  Came wait(std::chrono::milliseconds at_most);

  // The one of them that it is connected to, or tries.
  const std::string& endpoint() const { return endpoints_[present_]; }
  // Whether what is sent now goes somewhere, as far as is known.
  bool is_up() const { return state_ == State::up; }
  // Throws Failure(usage) when the daemon has not let this client in for a while.
  void check_admission() const;
  // Gives up the connection, which seems to be there and does not answer; wait() will tell of another.
  void drop() { renew_elsewhere(); }
  // Goes on with this endpoint.
  void move_to(const std::string& endpoint);

  // Sends a message of these frames; where there is no connection, or it was lost, nothing happens, and wait() will
  // tell of a new one.
  void send(std::initializer_list<std::string_view> frames);
  // All frames of the answer that wait() told of.
  std::vector<zmq::message_t> receive();

 private:
  using Clock = std::chrono::steady_clock;
  enum class State {
    connecting,
    up,
    lost,  // and perhaps not read to its end
  };
  // A socket that connects once, and what ZeroMQ tells of that.
  class Link {
   public:
    Link(zmq::context_t& context, const std::string& endpoint, size_t open, const std::optional<ClientKeys>& keys);
    ~Link();
    Link(const Link&) = delete;
    zmq::socket_t& socket() { return socket_; }
    bool has_arrived();  // whether there is something to be read
    // How it stands after all that was told, when it stood so before.
    State after(State state, Admission& admission, size_t turns);
    // Until something was told, or has arrived, or the time is over.
    bool wait(std::chrono::milliseconds at_most);  // false: a signal came

   private:
    zmq::socket_t socket_, told_;
  };
  void renew();
  void renew_elsewhere();
  // When the present one, unless it is up, gives way to another.
  Clock::time_point attempt_ends() const;
  Came look();

  zmq::context_t& context_;
  std::vector<std::string> endpoints_;
  size_t present_ = 0;  // of them
  size_t open_;
  std::optional<ClientKeys> keys_;
  std::optional<Link> link_;
  State state_ = State::connecting;
  std::vector<Admission> admissions_;  // of each endpoint, since one let this client in
  // Of the next connection and of the present one: how long after its beginning another may follow.
  std::chrono::milliseconds attempt_, pause_{};
  Clock::time_point begun_;  // the present one
};

}  // namespace catlog::events
