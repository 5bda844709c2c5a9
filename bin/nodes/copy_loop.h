#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bin/nodes/known_keys.h"
#include "bin/nodes/lists.h"
#include "bin/nodes/peers.h"
#include "events/bus/bus.h"
#include "events/data_directory.h"
#include "events/heartbeat.h"

namespace catlog::nodes {

// Brings this node up to what the others have beside the log, every second: sealing keys that were destroyed anywhere
// are destroyed here, those that another has and that were destroyed nowhere are fetched; the others' groups are
// copied, for members that come from there; and where an operator's lists differ, somebody is told. So a node that was
// away needs nothing but to be there again.
//
// Threads: one. Lifetime: refers to the peers.
class CopyLoop {
 public:
  // on_peer: called when something is wrong with another node for some time (what it is), and when all is well again
  // (empty).
  using OnPeer = std::function<void(const std::string& name, const std::string& words)>;
  CopyLoop(Peers& peers, const events::DataDirectory& data, std::string log_id, OnPeer on_peer);
  // Returns after `stop` was set.
  void run(events::Stop& stop);
  // Asks all once; how many answered. Takes so many keys at most; ends early when `stop` is set.
  size_t look(const events::Stop& stop);
  const events::Heartbeat& heartbeat() const { return heartbeat_; }

 private:
  std::string look_at(size_t peer, const Peers::Frames& answer, const commandhandler::KeyFolder::Names& keys,
                      const events::Stop& stop);
  void destroy(const commandhandler::KeyFolder::Names& theirs);
  void take_keys(size_t peer, const commandhandler::KeyFolder::Names& theirs, const events::Stop& stop);
  void take_groups(size_t peer);
  std::string compare_lists(size_t peer);
  void note(size_t peer, const std::string& words);

  Peers& peers_;
  events::DataDirectory data_;
  std::string log_id_;
  KnownKeys keys_;
  size_t keys_left_ = 0;  // of those that this look may take
  OnPeer on_peer_;
  struct Known {
    std::string groups;       // the digest of its groups that are copied; empty: not known
    std::string words, told;  // what is wrong with it now, and what somebody was told
    int rounds = 0;           // for how long it is
  };
  std::vector<Known> known_;
  events::Heartbeat heartbeat_;
};

}  // namespace catlog::nodes
