#include "bin/daemon/cluster_options.h"
#include "events/error.h"
#include "store/engine/engine.h"

namespace catlog {

void require_engine() {
  throw events::Failure(
      events::Exit::usage,
      "this catlogd is for one machine; --cluster is for catlogd-cluster, which is built where gRPC is "
      "(ops/install --cluster)");
}

std::unique_ptr<store::engine::Engine> make_engine(const ClusterOptions&) {
  require_engine();
  return {};
}

}  // namespace catlog
