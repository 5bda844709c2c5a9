#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "bin/daemon/cluster_options.h"
#include "commandhandler/handler.h"
#include "commandhandler/standby.h"
#include "events/bus/bus.h"
#include "store/engine/engine.h"
#include "store/engine/engine_counters.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog {

// The engine of the cluster that the options name. catlogd-cluster has one; catlogd throws Failure(usage), for it is
// built without.
std::unique_ptr<store::engine::Engine> make_engine(const ClusterOptions& options);

// This process as one node of a cluster: first it follows, then, some time, it leads.
//
// Threads: run in one, everything else before. Lifetime: refers to the log.
class ClusterNode {
 public:
  // Throws what make_engine and join throw; waits for an engine that does not answer, unless the process is told
  // to end.
  ClusterNode(const ClusterOptions& options, store::Log& log);

  // Opens the intake, for what `options` says; to be called before run().
  void open(zmq::context_t& context, const commandhandler::HandlerOptions& options, store::StateStore& states);
  // Returns after `stop` was set. Throws Failure when it leads no more: started again, it follows.
  void run(events::Stop& stop);

  // Threads: any.
  const store::engine::EngineCounters& counters() const { return counters_; }
  // For `catlog status`: what it knows of all nodes, into `file`; one thread.
  void write_status(const std::filesystem::path& file);

 private:
  void lead(events::Stop& stop, store::engine::Leadership& leadership);

  ClusterOptions options_;
  store::Log& log_;
  store::engine::EngineCounters counters_;
  std::unique_ptr<store::engine::Engine> engine_;
  std::function<std::unique_ptr<commandhandler::Handler>(commandhandler::Handler::Lead)> make_handler_;
  std::unique_ptr<commandhandler::Front> front_;
  std::string status_;  // as it was written
};

}  // namespace catlog
