#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bin/nodes/known_keys.h"
#include "bin/nodes/peers.h"
#include "events/bus/bus.h"
#include "events/heartbeat.h"

namespace catlog::nodes {

// Brings this node's folder of sealing keys up to what the others have, every few seconds: what was destroyed anywhere
// is destroyed here, and a key that another has and that was destroyed nowhere is fetched. So a node that was away
// needs nothing but to be there again.
//
// Threads: one. Lifetime: refers to the peers.
class KeyLoop {
 public:
  // on_peer: called when another node has not answered for some time (what is known of it), and when it answers again
  // (empty).
  using OnPeer = std::function<void(const std::string& name, const std::string& words)>;
  KeyLoop(Peers& peers, std::filesystem::path keys, OnPeer on_peer);
  // Returns after `stop` was set.
  void run(events::Stop& stop);
  // Asks all once; how many answered.
  size_t look();
  const events::Heartbeat& heartbeat() const { return heartbeat_; }

 private:
  void take(size_t peer, const commandhandler::KeyFolder::Names& theirs);
  void note(size_t peer, const std::string& words);

  Peers& peers_;
  KnownKeys keys_;
  OnPeer on_peer_;
  struct Told {
    int silent = 0;  // rounds
    std::string words;
  };
  std::vector<Told> told_;
  events::Heartbeat heartbeat_;
};

}  // namespace catlog::nodes
