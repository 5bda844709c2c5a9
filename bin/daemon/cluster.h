#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <zmq.hpp>

#include "bin/daemon/cluster_options.h"
#include "bin/nodes/copy_loop.h"
#include "bin/nodes/node_loop.h"
#include "bin/nodes/peers.h"
#include "bin/nodes/shared_keys.h"
#include "commandhandler/handler.h"
#include "commandhandler/standby.h"
#include "events/bus/bus.h"
#include "events/bus/client_keys.h"
#include "events/bus/gate.h"
#include "events/data_directory.h"
#include "projector/feed/replay.h"
#include "store/engine/engine.h"
#include "store/engine/engine_counters.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog {

// What a node knows of all of them, as `catlog status` reads it: JSON, always of so many bytes. `own_name`, and those
// in trouble, are names that check() let pass. Of each node in trouble it has the name, and of the words what fits.
constexpr size_t cluster_status_bytes = 4'096;
std::string cluster_status(const std::string& own_name, const store::engine::EngineCounters& counters);

// This process as one node of a cluster: first it follows, then, some time, it leads. Where the nodes answer each other
// it has two loops beside that, which run whether it leads or not.
//
// Threads: run in one, each loop in one of its own, everything else before. Lifetime: refers to the log; `context`
// outlives it.
class ClusterNode {
 public:
  // Throws what make_engine and join throw; waits for an engine that does not answer, unless the process is told
  // to end. Failure(usage) where nodes answer each other and this one has not the key that they have in common.
  ClusterNode(const ClusterOptions& options, store::Log& log, zmq::context_t& context,
              const events::DataDirectory& data);

  // Opens the intake, for what `options` says, and the loops' socket; to be called before run().
  void open(const commandhandler::HandlerOptions& options, store::StateStore& states, const events::Gate& gate);
  // What replay needs to know of the others.
  projector::OtherNodes others();
  // What is open for producers and counted of them, whether it leads or not.
  const commandhandler::Front& front() const { return *front_; }
  // Null where nodes do not answer each other.
  nodes::NodeLoop* node_loop() { return node_loop_ ? &*node_loop_ : nullptr; }
  nodes::CopyLoop* copy_loop() { return copy_loop_ ? &*copy_loop_ : nullptr; }
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
  zmq::context_t& context_;
  events::DataDirectory data_;
  PeerAddresses addresses_;
  events::ClientKeys keys_;  // of this node towards the others
  store::engine::EngineCounters counters_;
  std::unique_ptr<store::engine::Engine> engine_;
  std::function<std::unique_ptr<commandhandler::Handler>(commandhandler::Handler::Lead)> make_handler_;
  std::shared_ptr<commandhandler::Front> front_;
  uint64_t min_free_bytes_ = 0;
  nodes::Peers handlers_peers_, loops_peers_;  // each of one thread
  nodes::PeersRecords records_;
  nodes::SharedKeys shared_keys_;
  std::optional<nodes::NodeLoop> node_loop_;
  std::optional<nodes::CopyLoop> copy_loop_;
  std::string status_;  // as it was written
};

}  // namespace catlog
