#pragma once
#include <string>
#include <vector>

#include <zmq.hpp>

#include "bin/daemon/options.h"
#include "bin/keys/bus_keys.h"
#include "events/bus/door.h"
#include "events/bus/gate.h"
#include "events/data_directory.h"

namespace catlog {

// How peers speak at an endpoint: with keys where it is tcp beyond the loopback interface, and, where the options ask
// for keys, wherever no file's rights say who may come; else it is open there. Throws Failure(usage) for an endpoint
// that is none of ours.
events::Speech speech_at(const std::string& endpoint, const Options& options);
// What is to be known at the start of a node of a cluster: who of those that other nodes lead to it is not let in
// there. Sentences, none for one machine.
std::vector<std::string> warnings_of_led(const Options& options, const events::AllowList& allowed);
// Throws Failure(usage) for endpoints that no daemon can be started with.
void check_endpoints(const Options& options, const events::DataDirectory& data);

// Who may come into this process by the bus: the gate, what it knows of bus-keys/, and where each socket listens.
// Threads: one, but for the gate's. Lifetime: `context` outlives it, it outlives the sockets.
class Doors {
 public:
  // Reads the keys; makes the daemon's own where they are needed. Throws what keys::server_keys does.
  Doors(zmq::context_t& context, const events::DataDirectory& data, const Options& options);
  Doors(const Doors&) = delete;

  events::Gate& gate() { return gate_; }
  events::Door commands() const { return door(options_.commands_endpoint, "commands arrive at"); }
  events::Door changes() const { return door(options_.changes_endpoint, "changes are published at"); }
  events::Door replay() const { return door(options_.replay_endpoint, "replay is answered at"); }
  events::Door groups() const { return door(options_.groups_endpoint, "groups are served at"); }
  // Takes over what has changed in bus-keys/; to be called every second. A folder that cannot be read leaves everything
  // as it is, and is told.
  void look();

 private:
  events::Door door(const std::string& endpoint, const char* what) const;
  void take_over();
  void tell(std::vector<std::string> faults);

  const Options& options_;
  const events::DataDirectory& data_;
  keys::AllowedWatch watch_;
  events::Gate gate_;
  std::vector<std::string> told_;
};

}  // namespace catlog
