#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/bus/client_keys.h"

namespace catlog::nodes {

// Another node of the cluster, and where it answers the others.
struct Address {
  std::string name, endpoint;
};

// Asks the other nodes of a cluster (bin/nodes/README.md, "What nodes say to each other"). Each end proves itself by
// the daemon's own key pair, which all nodes have.
//
// Threads: one at a time. Lifetime: `context` outlives it.
class Peers {
 public:
  Peers(zmq::context_t& context, std::vector<Address> others, const events::ClientKeys& keys);

  size_t size() const { return peers_.size(); }
  const std::string& name(size_t peer) const { return peers_[peer].address.name; }

  using Frames = std::vector<std::string>;
  // Whether more answers are wanted. Frames begin with "ok", or with "no" and a sentence.
  using Take = std::function<bool(size_t peer, Frames answer)>;
  // Asks all of them, or one, and hands over what comes, until enough has come, all have answered, or the time is over.
  void ask_all(const std::string& request, std::chrono::milliseconds within, const Take& take);
  std::optional<Frames> ask(size_t peer, const std::string& request, std::chrono::milliseconds within);

 private:
  struct Peer {
    Address address;
    std::optional<zmq::socket_t> socket;
    bool is_asked = false;
    int unanswered = 0;  // requests, since it answered last
  };
  void send(Peer& peer, const std::string& request);
  std::optional<Frames> receive(Peer& peer) const;
  void collect(std::chrono::milliseconds within, const Take& take);
  void give_up();

  zmq::context_t& context_;
  events::ClientKeys keys_;
  std::vector<Peer> peers_;
  uint64_t serial_ = 0;
};

}  // namespace catlog::nodes
