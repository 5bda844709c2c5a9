#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/bus/admission.h"
#include "events/bus/client_keys.h"
#include "events/patience.h"

namespace catlog::events {

// A subscriber's connection to the feed. ZeroMQ connects it again when it is lost, but not when it was not let in, nor
// when it only seems to be there: then it is made anew.
//
// Threads: one at a time. Lifetime: refers to the context.
class FeedConnection {
 public:
  using Clock = std::chrono::steady_clock;
  // `subscriptions`: with their encoding. `silent_at_most`: how long nothing may come, of what comes each second.
  // `quiet_at_most`: how long that may be because the daemon cuts it off again and again. Does not wait for the
  // connection. Throws Failure(usage) when the endpoint cannot be used.
  FeedConnection(zmq::context_t& context, std::string endpoint, std::vector<std::string> subscriptions,
                 std::chrono::milliseconds silent_at_most, std::chrono::milliseconds quiet_at_most,
                 std::optional<ClientKeys> keys);
  ~FeedConnection();
  FeedConnection(const FeedConnection&) = delete;

  enum class Came {
    nothing,
    message,  // receive() has it
    silence,  // it was made anew; only the replay socket knows what came meanwhile, and whether this client may have it
  };
  // Returns when something came, or the time is over. Throws Failure(usage) where the daemon does not let this client
  // in, Failure(unreachable) where it cuts it off again and again.
  Came wait(Clock::time_point until);
  std::vector<zmq::message_t> receive();

 private:
  void make();
  void end();
  bool has_message();
  void take_told();
  void check_cuts() const;

  zmq::context_t& context_;
  std::string endpoint_;
  std::vector<std::string> subscriptions_;
  std::optional<ClientKeys> keys_;
  zmq::socket_t socket_, told_;
  Admission admission_;
  Clock::time_point made_at_;
  Silence silence_, quiet_;  // since it was made, or something came; since something came
  int cuts_ = 0;             // since something came
};

}  // namespace catlog::events
