#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bin/http/connection.h"
#include "bin/http/listener.h"
#include "events/bus/bus.h"
#include "events/counters.h"

namespace catlog::http {

struct Limits {
  size_t connections = 64;
  size_t connections_in_reserve = 4;  // where the last descriptors are kept for files (events/bus/connections.h)
  TimeLimits time = {};
};

// What the server counts; anybody may read it at any time.
struct ServerCounters {
  events::Gauge open;
  events::Counter accepted;
  events::Counter closed_for_others;  // peers that waited, so that another one could be served
  events::Counter turned_away;        // nobody could be closed for them
  events::Counter timed_out;
  std::array<events::Counter, 6> answers = {};  // by the hundreds of their status
};

// Answers GET and HEAD over HTTP/1.1, on one socket of this machine, in one thread, which waits for nobody: peers that
// are slow, idle or many hold up none of the others, and no more than Limits says of the process. When all connections
// are taken, the one that has waited longest for its next request is closed for the one that comes.
//
// Threads: made in one, run in another. Lifetime: what `answer` refers to outlives it.
class Server {
 public:
  // Binds. Throws as Listener.
  Server(const Endpoint& endpoint, Answer answer, Limits limits = {});

  // As Listener::address.
  const std::string& address() const { return listener_.address(); }
  // Returns after `stop` was set; answers that are under way are cut.
  void run(events::Stop& stop);
  const ServerCounters& counters() const { return counters_; }

 private:
  void wait(const events::Stop& stop);
  void accept_some();
  void admit(int fd);
  bool make_room(size_t most);
  void serve(Connection& connection, short came);

  Limits limits_;
  Answer answer_;
  Listener listener_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Clock::time_point accepts_from_{};  // where the system had no descriptor, a moment later
  Clock::time_point now_{};
  ServerCounters counters_;
};

}  // namespace catlog::http
