#include "bin/daemon/cluster.h"
#include "store/engine/etcd/etcd_engine.h"

namespace catlog {

void require_engine() {}

std::unique_ptr<store::engine::Engine> make_engine(const ClusterOptions& options) {
  store::engine::EtcdOptions etcd;
  std::string_view rest = options.etcd;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    if (comma != 0) etcd.endpoints.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  etcd.cluster = options.name;
  etcd.lease = std::chrono::seconds(options.lease_s);
  return store::engine::make_etcd_engine(etcd);
}

}  // namespace catlog
