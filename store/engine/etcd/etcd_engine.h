#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "store/engine/engine.h"
#include "store/engine/etcd/access.h"

namespace catlog::store::engine {

struct EtcdOptions {
  std::vector<std::string> endpoints;  // host:port, one or all of etcd's nodes
  std::string cluster;                 // whose keys these are: all begin with /catlog/CLUSTER/
  std::chrono::seconds lease{5};       // how long a leader that is silent leads on
  EtcdAccess access = {};
};

// The engine over etcd 3.4's gRPC interface. It has three threads, which hear the doorbell, keep the lease, and
// look whether the first endpoint answers again. Connects when it is first asked; the next endpoint is asked when one
// does not answer. What stands under the keys and is no batch of ours throws events::Failure(damaged).
std::unique_ptr<Engine> make_etcd_engine(const EtcdOptions& options);

}  // namespace catlog::store::engine
