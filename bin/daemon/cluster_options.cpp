#include "bin/daemon/cluster_options.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog {

namespace {

constexpr uint64_t most_nodes = 9;
constexpr size_t longest_name = 64;

void check_name(const std::string& name, const std::string& option) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (!name.empty() && name.size() <= longest_name && name.find_first_not_of(letters) == std::string::npos &&
      name.front() != '.')  // it is a folder's too
    return;
  throw events::Failure(
      events::Exit::usage,
      option + " wants a name of letters, digits, '.', '_' and '-', at most 64 of them, that does not begin with '.'");
}

}  // namespace

void add_options(Syntax& syntax, ClusterOptions& options) {
  syntax.option("--cluster", options.name,
                "one of several machines with one log, by the cluster's name (default: this machine is the only one)");
  syntax.option("--cluster-etcd", options.etcd, "where etcd answers: host:port, several with commas between them");
  syntax.option(
      "--cluster-etcd-ca", options.etcd_ca,
      "a PEM file with the authorities that sign etcd's certificates (default: etcd is spoken to without TLS)");
  syntax.option("--cluster-etcd-certificate", options.etcd_certificate,
                "a PEM file with this node's certificate, where etcd asks for one");
  syntax.option("--cluster-etcd-key", options.etcd_key, "a PEM file with that certificate's key");
  syntax.option("--cluster-etcd-user", options.etcd_user, "as whom etcd is asked, where it has users");
  syntax.option("--cluster-etcd-password-file", options.etcd_password_file,
                "a file whose first line is that user's password");
  syntax.option("--cluster-node", options.node, "this node's name in the cluster");
  syntax.option("--cluster-endpoint", options.endpoint,
                "where clients reach this node's intake, as other nodes tell them (default: --commands-endpoint)");
  syntax.option("--cluster-nodes", options.nodes, "how many nodes the cluster has")
      .between(1, most_nodes)
      .shows_default();
  syntax.option("--cluster-lease-s", options.lease_s, "how many seconds a leader that is silent leads on")
      .between(1, 60)
      .shows_default();
  syntax.option("--cluster-kept-bytes", options.kept_bytes, "how much of the log etcd keeps for followers")
      .at_least(uint64_t{1} << 20)
      .shows_default();
  syntax.option("--cluster-peers", options.peers,
                "where the nodes answer each other, the same for all: NAME=tcp://ADDRESS:PORT of each, with commas "
                "between them; they have bus-keys/server.key in common (default: keys of sealed values are not shared, "
                "and commands that seal are refused)");
  syntax.flag("--cluster-begin", options.is_begun,
              "make this node's log the cluster's, where etcd holds none; for one start of one node");
}

PeerAddresses peer_addresses(const ClusterOptions& options) {
  PeerAddresses addresses;
  for (std::string_view rest = options.peers; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view entry = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const size_t sign = entry.find('=');
    if (sign == std::string_view::npos || !entry.substr(sign + 1).starts_with("tcp://"))
      throw events::Failure(events::Exit::usage, "--cluster-peers wants NAME=tcp://ADDRESS:PORT of each node");
    nodes::Address address{std::string(entry.substr(0, sign)), std::string(entry.substr(sign + 1))};
    check_name(address.name, "--cluster-peers");
    if (address.name == options.node)
      addresses.own = address.endpoint;
    else
      addresses.others.push_back(std::move(address));
  }
  return addresses;
}

void check(ClusterOptions& options, const std::string& commands_endpoint) {
  if (!options.is_on()) return;
  check_name(options.name, "--cluster");
  check_name(options.node, "--cluster-node");
  if (options.etcd.empty())
    throw events::Failure(events::Exit::usage, "--cluster wants --cluster-etcd: where etcd answers, as host:port");
  if (options.etcd_certificate.empty() != options.etcd_key.empty() ||
      (!options.etcd_key.empty() && options.etcd_ca.empty()))
    throw events::Failure(
        events::Exit::usage,
        "--cluster-etcd-certificate and --cluster-etcd-key are wanted together, beside --cluster-etcd-ca");
  if (options.etcd_user.empty() != options.etcd_password_file.empty())
    throw events::Failure(events::Exit::usage,
                          "--cluster-etcd-user and --cluster-etcd-password-file are wanted together");
  if (options.endpoint.empty()) options.endpoint = commands_endpoint;
  if (options.endpoint.empty() || options.endpoint.find(' ') != std::string::npos)
    throw events::Failure(events::Exit::usage,
                          "--cluster wants --cluster-endpoint, or --commands-endpoint: where clients reach this node");
  if (!options.has_peers()) return;
  const auto addresses = peer_addresses(options);
  if (addresses.own.empty() || addresses.others.size() + 1 != options.nodes)
    throw events::Failure(events::Exit::usage,
                          fmt::format("--cluster-peers must name all {} nodes (--cluster-nodes), {} among them",
                                      options.nodes, options.node));
}

}  // namespace catlog
