#pragma once
#include <cstdint>
#include <string>

#include "bin/command_line.h"

namespace catlog {

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

  bool is_on() const { return !name.empty(); }
};

void add_options(Syntax& syntax, ClusterOptions& options);
// Throws Failure(usage) for what no node can be started with. `commands_endpoint`: the daemon's.
void check(ClusterOptions& options, const std::string& commands_endpoint);

}  // namespace catlog
