#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bin/daemon/gathered.h"
#include "bin/daemon/options.h"
#include "bin/daemon/pages.h"
#include "bin/daemon/rights.h"
#include "bin/http/server.h"
#include "bin/service/metrics.h"
#include "bin/service/pulse.h"
#include "bin/service/service_manager.h"
#include "commandhandler/handler.h"
#include "commandhandler/state/state_loop.h"
#include "projector/feed/replay.h"
#include "projector/groups/groups_loop.h"
#include "projector/projector_loop.h"

namespace catlog {

// The loops of this process; null: it does not run that one.
struct Running {
  const commandhandler::StateLoop* state = nullptr;
  const commandhandler::Front* handler = nullptr;  // of a node of a cluster also while it does not lead
  const projector::ProjectorLoop* projector = nullptr;
  const projector::ReplayLoop* replay = nullptr;
  const projector::GroupsLoop* groups = nullptr;
};

// How those who watch this process learn how it does: Prometheus and whoever asks over HTTP, systemd.
//
// Threads: one; the endpoint answers in a thread of its own, with what the loops and check() wrote down.
// Lifetime: refers to the loops, the log, the state and the options.
class Watch {
 public:
  // `states`: null where this process has none open. All loops are made, and none has begun.
  Watch(const Options& options, const events::DataDirectory& data, const store::Log& log,
        const store::StateStore* states, Running running);
  ~Watch();
  Watch(const Watch&) = delete;

  // For a loop beside these: what it shows, and by what it is seen to go round. Before serve().
  Metrics& metrics() { return metrics_; }
  Pulse& pulse() { return pulse_; }

  // Answers from now on at --http-endpoint, if one is given. Throws as http::Server.
  void serve(const Rights& rights);
  // All sockets are bound and all loops run.
  void ready();
  // To be called every second.
  void check();
  // The loops have been told to stop.
  void stopping();

 private:
  events::Position head() const;
  std::optional<events::Position> projected() const;
  events::Position lag_events() const;
  void show_positions(Families& families) const;
  std::vector<std::string> unready() const;
  void add_loops();

  enum class Phase { starting, running, stopping };

  const Options& options_;
  Running running_;
  Gathered gathered_;
  Metrics metrics_;
  Pulse pulse_;
  Pages pages_;
  ServiceManager manager_;
  std::optional<Feeding> feeding_;
  uint64_t checks_ = 0;
  std::atomic<Phase> phase_ = Phase::starting;
  events::Stop stop_;  // of the server
  std::optional<http::Server> server_;
  std::jthread thread_;
};

}  // namespace catlog
