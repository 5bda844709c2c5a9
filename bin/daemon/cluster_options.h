#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bin/command_line.h"
#include "bin/nodes/peers.h"

namespace catlog {

namespace store::engine {
class Engine;
}

// What makes this process one of several machines with one log.
struct ClusterOptions {
  std::string name;                                 // of the cluster; empty: this machine is the only one
  std::string etcd;                                 // host:port,host:port,..
  std::string etcd_ca, etcd_certificate, etcd_key;  // files; empty: not encrypted, no certificate of ours
  std::string etcd_user, etcd_password_file;        // empty: etcd has no users
  std::string node;                                 // this one's name
  std::string endpoint;  // where clients of other machines reach its intake; empty: --commands-endpoint
  uint64_t nodes = 3;
  uint64_t lease_s = 5;
  uint64_t kept_bytes = uint64_t{256} << 20;
  bool is_begun = false;  // this node's log becomes the cluster's
  std::string peers;      // NAME=ENDPOINT,..: where the nodes answer each other, this one too; empty: nowhere

  bool is_on() const { return !name.empty(); }
  bool has_peers() const { return is_on() && !peers.empty(); }
};

// What `peers` says: where this node answers the others, and where those answer it.
struct PeerAddresses {
  std::string own;
  std::vector<nodes::Address> others;
};
// check() has found nothing wrong with it.
PeerAddresses peer_addresses(const ClusterOptions& options);

// Throws Failure(usage) where this program has no engine: catlogd is built without, catlogd-cluster with one.
void require_engine();
// The engine of the cluster that the options name. Throws as require_engine.
std::unique_ptr<store::engine::Engine> make_engine(const ClusterOptions& options);
void add_options(Syntax& syntax, ClusterOptions& options);
// Throws Failure(usage) for what no node can be started with. `commands_endpoint`: the daemon's.
void check(ClusterOptions& options, const std::string& commands_endpoint);

}  // namespace catlog
